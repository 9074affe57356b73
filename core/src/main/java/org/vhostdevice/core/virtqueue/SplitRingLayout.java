package org.vhostdevice.core.virtqueue;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Offsets in the three parts of a split virtqueue (VIRTIO 1.4, 2.7), and nothing else.
final class SplitRingLayout {
    static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Layouts for an indirect table, which lies at any address.
    static final ValueLayout.OfShort LE16_ANYWHERE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final ValueLayout.OfInt LE32_ANYWHERE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LE64_ANYWHERE = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// `struct virtq_desc` (2.7.5).
    static final int DESC_BYTES = 16;

    static final int DESC_ADDR = 0;
    static final int DESC_LEN = 8;
    static final int DESC_FLAGS = 12;
    static final int DESC_NEXT = 14;
    static final int DESC_F_NEXT = 1;
    static final int DESC_F_WRITE = 2;
    static final int DESC_F_INDIRECT = 4;

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

    /// Required alignment of the descriptor table, the available ring and the used ring (2.7).
    static final int DESC_ALIGN = 16;

    static final int AVAIL_ALIGN = 2;
    static final int USED_ALIGN = 4;

    private SplitRingLayout() {}

    static long usedEvent(int size) {
        return AVAIL_RING + (long) AVAIL_ENTRY_BYTES * size;
    }

    static long availEvent(int size) {
        return USED_RING + (long) USED_ENTRY_BYTES * size;
    }
}
