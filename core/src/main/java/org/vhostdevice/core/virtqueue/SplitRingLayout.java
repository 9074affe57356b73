package org.vhostdevice.core.virtqueue;

/// Offsets in the three parts of a split virtqueue (VIRTIO 1.4, 2.7), and nothing else.
final class SplitRingLayout {
    /// `struct virtq_avail` (2.7.6).
    static final int AVAIL_FLAGS = 0;

    static final int AVAIL_IDX = 2;
    static final int AVAIL_RING = 4;
    static final int AVAIL_ENTRY_BYTES = 2;
    static final int AVAIL_F_NO_INTERRUPT = 1;

    /// `struct virtq_used` (2.7.8).
    static final int USED_FLAGS = 0;

    static final int USED_IDX = 2;
    static final int USED_RING = 4;
    static final int USED_ENTRY_BYTES = 8;
    static final int USED_ENTRY_LEN = 4;
    static final int USED_F_NO_NOTIFY = 1;

    /// Bytes of `used_event` and `avail_event`, which follow the entries when EVENT_IDX is negotiated.
    static final int EVENT_BYTES = 2;

    /// Required alignment of the available ring and the used ring (2.7).
    static final int AVAIL_ALIGN = 2;

    static final int USED_ALIGN = 4;

    private SplitRingLayout() {}

    /// Flags of a descriptor in the second half of it, as [RingLayout#length] describes it (2.7.5).
    static int flags(long half) {
        return (int) (half >>> 32) & 0xffff;
    }

    /// Index of the next descriptor.
    static int next(long half) {
        return (int) (half >>> 48);
    }

    static long usedEvent(int size) {
        return AVAIL_RING + (long) AVAIL_ENTRY_BYTES * size;
    }

    static long availEvent(int size) {
        return USED_RING + (long) USED_ENTRY_BYTES * size;
    }
}
