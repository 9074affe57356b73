package org.vhostdevice.core.virtqueue;

/// Offsets and flags in the three parts of a packed virtqueue (VIRTIO 1.4, 2.8), and nothing else.
final class PackedRingLayout {
    /// `struct pvirtq_desc` beyond what [RingLayout] has (2.8.13).
    static final int DESC_ID = 12;

    static final int DESC_FLAGS = 14;

    /// Together these say whose a descriptor is (2.8.1).
    static final int DESC_F_AVAIL = 1 << 7;

    static final int DESC_F_USED = 1 << 15;

    /// `struct pvirtq_event_suppress` (2.8.14), read and written as one number: in the lower half a place in the
    /// ring ([PackedPosition#encode]), in the upper one these.
    static final int EVENT_BYTES = 4;

    static final int EVENT_ALIGN = 4;
    static final int EVENT_FLAGS_SHIFT = 16;
    static final int EVENT_FLAGS_MASK = 3;
    static final int EVENT_DISABLE = 1;
    static final int EVENT_DESC = 2;

    private PackedRingLayout() {}

    /// Flags of a descriptor in the second half of it, as [RingLayout#length] describes it.
    static int flags(long half) {
        return (int) (half >>> 48);
    }

    /// Id of the buffer.
    static int id(long half) {
        return (int) (half >>> 32) & 0xffff;
    }
}
