package org.vhostdevice.core.virtqueue;

import java.lang.foreign.ValueLayout;

/// Offsets in a queue's part of the region that records requests in flight (vhost-user, "Inflight I/O tracking"), and
/// nothing else. Its fields are in host byte order.
final class InflightLayout {
    static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG;

    /// Every queue's part begins at a multiple of this, as all back ends have it.
    static final int ALIGN = 64;

    /// The greatest alignment of a field.
    static final int FIELD_ALIGN = Long.BYTES;

    /// The head of both structures.
    static final int FEATURES = 0;

    static final int VERSION = 8;
    static final int DESC_NUM = 10;
    static final int VERSION_1 = 1;

    /// `QueueRegionSplit`.
    static final int LAST_BATCH_HEAD = 12;

    static final int USED_IDX = 14;
    static final int SPLIT_ENTRIES = 16;

    /// `DescStateSplit`.
    static final int SPLIT_ENTRY_BYTES = 16;

    static final int SPLIT_NEXT = 6;
    static final int SPLIT_COUNTER = 8;

    /// `QueueRegionPacked`: `free_head` and `old_free_head`, which are written as one 32-bit number.
    static final int FREE_HEADS = 12;

    /// `used_idx`, `old_used_idx`, `used_wrap_counter`, `old_used_wrap_counter` and two bytes of padding, which are
    /// written as one 64-bit number.
    static final int USED_POSITIONS = 16;

    static final int PACKED_USED_IDX = 16;
    static final int PACKED_OLD_USED_IDX = 18;
    static final int PACKED_USED_WRAP = 20;
    static final int PACKED_OLD_USED_WRAP = 21;
    static final int PACKED_FREE_HEAD = 12;
    static final int PACKED_OLD_FREE_HEAD = 14;

    /// The header ends with byte 28, and the entries are aligned to 8.
    static final int PACKED_ENTRIES = 32;

    /// `DescStatePacked`; the last 16 bytes are a copy of the descriptor, but for the order of its fields.
    static final int PACKED_ENTRY_BYTES = 32;

    static final int PACKED_NEXT = 2;
    static final int PACKED_LAST = 4;
    static final int PACKED_NUM = 6;
    static final int PACKED_COUNTER = 8;
    static final int PACKED_ID = 16;
    static final int PACKED_FLAGS = 18;
    static final int PACKED_LEN = 20;
    static final int PACKED_ADDR = 24;

    /// `inflight`, the first byte of either entry.
    static final int INFLIGHT = 0;

    private InflightLayout() {}

    static long splitEntry(int index) {
        return SPLIT_ENTRIES + (long) index * SPLIT_ENTRY_BYTES;
    }

    static long packedEntry(int index) {
        return PACKED_ENTRIES + (long) index * PACKED_ENTRY_BYTES;
    }
}
