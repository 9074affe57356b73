package org.vhostdevice.core.check;

import java.util.List;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Notification;

/// How a device is to be set up for a check. Features are those wanted; used are those that are offered.
///
/// @param features         virtio features
/// @param protocolFeatures protocol features
/// @param format           format of all rings
/// @param ringSize         descriptors of each ring
/// @param memory           regions of guest memory
/// @param notifications           what kicks and calls are made of
record Plan(
        long features,
        long protocolFeatures,
        RingFormat format,
        int ringSize,
        List<RegionPlan> memory,
        Notification.Kind notifications) {
    /// Where guest memory begins: low, so that a log of all addresses is small.
    static final long MEMORY = 1L << 30;

    private static final long MEMORY_BYTES = 4 << 20;
    private static final int RING_SIZE = 64;

    Plan {
        memory = List.copyOf(memory);
    }

    /// What most drivers use.
    static Plan usual(RingFormat format, Notification.Kind notifications) {
        long packed = format == RingFormat.PACKED ? Bits.RING_PACKED : 0;
        return new Plan(
                Bits.INDIRECT_DESC | Bits.EVENT_IDX | Bits.PROTOCOL_FEATURES | Bits.VERSION_1 | packed,
                ProtocolFeature.bits(
                        ProtocolFeature.MQ,
                        ProtocolFeature.REPLY_ACK,
                        ProtocolFeature.CONFIG,
                        ProtocolFeature.RESET_DEVICE,
                        ProtocolFeature.CONFIGURE_MEM_SLOTS,
                        ProtocolFeature.STATUS),
                format,
                RING_SIZE,
                List.of(new RegionPlan(MEMORY, MEMORY_BYTES)),
                notifications);
    }

    Plan with(long more) {
        return new Plan(features | more, protocolFeatures, format, ringSize, memory, notifications);
    }

    Plan without(long fewer) {
        return new Plan(features & ~fewer, protocolFeatures, format, ringSize, memory, notifications);
    }

    Plan with(ProtocolFeature... more) {
        return new Plan(
                features, protocolFeatures | ProtocolFeature.bits(more), format, ringSize, memory, notifications);
    }

    Plan without(ProtocolFeature... fewer) {
        return new Plan(
                features, protocolFeatures & ~ProtocolFeature.bits(fewer), format, ringSize, memory, notifications);
    }

    Plan withRingSize(int size) {
        return new Plan(features, protocolFeatures, format, size, memory, notifications);
    }

    Plan withMemory(RegionPlan... regions) {
        return new Plan(features, protocolFeatures, format, ringSize, List.of(regions), notifications);
    }

    Plan withNotifications(Notification.Kind kind) {
        return new Plan(features, protocolFeatures, format, ringSize, memory, kind);
    }
}
