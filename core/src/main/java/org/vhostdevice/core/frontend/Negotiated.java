package org.vhostdevice.core.frontend;

import org.vhostdevice.core.protocol.ProtocolFeature;

/// What a front end and a back end have agreed on.
///
/// @param offered          virtio features that the back end offers
/// @param features         virtio features in use
/// @param protocolFeatures protocol features in use
/// @param maxQueues        most queues that the back end has; 1 without MQ
/// @param maxMemorySlots   most memory regions that it takes; 8 without CONFIGURE_MEM_SLOTS
public record Negotiated(long offered, long features, long protocolFeatures, long maxQueues, long maxMemorySlots) {
    /// Tells whether all of these virtio features are in use.
    ///
    /// @param mask feature bits
    /// @return whether they are
    public boolean has(long mask) {
        return (features & mask) == mask;
    }

    /// Tells whether a protocol feature is in use.
    ///
    /// @param feature the feature
    /// @return whether it is
    public boolean has(ProtocolFeature feature) {
        return feature.in(protocolFeatures);
    }
}
