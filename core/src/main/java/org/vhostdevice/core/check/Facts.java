package org.vhostdevice.core.check;

import java.io.IOException;
import java.util.Optional;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// What a back end tells about itself before anything is agreed on.
///
/// @param features         virtio features that it offers
/// @param protocolFeatures protocol features that it offers
/// @param queues           most queues; 1 without MQ
/// @param memorySlots      most memory regions; 8 without CONFIGURE_MEM_SLOTS
/// @param config           the start of the configuration space, empty without CONFIG
record Facts(long features, long protocolFeatures, long queues, long memorySlots, Optional<byte[]> config) {
    /// How much of the configuration space every type of device has.
    static final int CONFIG_BYTES = 8;

    boolean has(ProtocolFeature feature) {
        return feature.in(protocolFeatures);
    }

    boolean offers(long mask) {
        return (features & mask) == mask;
    }

    /// Asks.
    ///
    /// @param client a fresh connection
    static Facts ask(VhostUserClient client) throws IOException {
        long features = client.getFeatures();
        long protocolFeatures = 0;
        if ((features & Bits.PROTOCOL_FEATURES) != 0) {
            protocolFeatures = client.getProtocolFeatures();
            client.setProtocolFeatures(protocolFeatures
                    & ProtocolFeature.bits(
                            ProtocolFeature.MQ, ProtocolFeature.CONFIG, ProtocolFeature.CONFIGURE_MEM_SLOTS));
        }
        long queues = ProtocolFeature.MQ.in(protocolFeatures) ? client.getQueueNum() : 1;
        long slots = ProtocolFeature.CONFIGURE_MEM_SLOTS.in(protocolFeatures)
                ? client.getMaxMemSlots()
                : Message.MemoryTable.MAX_REGIONS;
        return new Facts(features, protocolFeatures, queues, slots, config(client, protocolFeatures));
    }

    private static Optional<byte[]> config(VhostUserClient client, long protocolFeatures) throws IOException {
        if (!ProtocolFeature.CONFIG.in(protocolFeatures)) {
            return Optional.empty();
        }
        try {
            return Optional.of(client.getConfig(0, CONFIG_BYTES).toArray());
        } catch (BackendRefusal e) {
            return Optional.empty();
        }
    }
}
