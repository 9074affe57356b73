package org.vhostdevice.core.frontend;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The split virtqueue as a driver lays it out (VIRTIO 1.4, 2.7): sizes, alignments, offsets, flags.
final class SplitRing {
    static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// The largest ring.
    static final int MAX_SIZE = 32_768;

    /// Bytes of a descriptor: address at 0, then length, flags and next as one little-endian word at 8.
    static final int DESCRIPTOR = 16;

    static final int DESCRIPTOR_REST = 8;
    static final int FLAGS_SHIFT = 32;
    static final int NEXT_SHIFT = 48;
    static final int F_NEXT = 1;
    static final int F_WRITE = 2;
    static final int F_INDIRECT = 4;

    /// Both rings begin with 16 bits of flags and a 16-bit index; in both, flag 1 asks for silence.
    static final int FLAGS = 0;

    static final int IDX = 2;
    static final int ENTRIES = 4;
    static final int SILENT = 1;

    static final int AVAIL_ENTRY = 2;
    static final int USED_ENTRY = 8;
    static final int USED_LENGTH = 4;

    static final int DESCRIPTOR_ALIGNMENT = 16;
    static final int AVAIL_ALIGNMENT = 2;
    static final int USED_ALIGNMENT = 4;

    private SplitRing() {}

    /// Offset of `used_event`, which ends the available ring.
    static long usedEvent(int size) {
        return ENTRIES + (long) AVAIL_ENTRY * size;
    }

    /// Offset of `avail_event`, which ends the used ring.
    static long availEvent(int size) {
        return ENTRIES + (long) USED_ENTRY * size;
    }

    /// Length, flags and next of a descriptor in one word.
    static long rest(long length, int flags, int next) {
        return (length & 0xffff_ffffL) | ((long) flags << FLAGS_SHIFT) | ((long) next << NEXT_SHIFT);
    }
}
