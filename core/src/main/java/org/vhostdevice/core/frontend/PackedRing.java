package org.vhostdevice.core.frontend;

/// The packed virtqueue as a driver lays it out (VIRTIO 1.4, 2.8): sizes, offsets, flags, and arithmetic on places.
///
/// A place counts descriptors over two turns around the ring, `0..2 * size - 1`: the wrap counter is 1 in the first
/// turn and 0 in the second.
final class PackedRing {
    /// A descriptor has the buffer's id behind the length, then the flags.
    static final int DESCRIPTOR_ID = 12;

    static final int DESCRIPTOR_FLAGS = 14;
    static final int ID_SHIFT = 32;
    static final int FLAGS_SHIFT = 48;
    static final int F_AVAIL = 1 << 7;
    static final int F_USED = 1 << 15;

    /// Event suppression as one little-endian word: a place, then two bits of flags.
    static final int EVENT = 4;

    static final int EVENT_ALIGNMENT = 4;
    static final int EVENT_FLAGS_SHIFT = 16;
    static final int EVENT_FLAGS_MASK = 3;
    static final int EVENT_ENABLE = 0;
    static final int EVENT_DISABLE = 1;
    static final int EVENT_DESC = 2;

    private static final int WRAP = 1 << 15;

    private PackedRing() {}

    /// Length, id and flags of a descriptor in one word.
    static long rest(long length, int id, int flags) {
        return (length & 0xffff_ffffL) | ((long) id << ID_SHIFT) | ((long) flags << FLAGS_SHIFT);
    }

    /// Offset of the descriptor at a place.
    static long offset(int place, int size) {
        return (long) SplitRing.DESCRIPTOR * (place < size ? place : place - size);
    }

    /// The place some descriptors further on.
    static int advance(int place, int count, int size) {
        int after = place + count;
        return after < 2 * size ? after : after - 2 * size;
    }

    /// How far a place is ahead of another.
    static int distance(int from, int to, int size) {
        return to >= from ? to - from : to - from + 2 * size;
    }

    /// Which of the flags AVAIL and USED a descriptor has that was made available.
    static int available(int place, int size) {
        return place < size ? F_AVAIL : F_USED;
    }

    /// Which of the flags AVAIL and USED a descriptor has that was used.
    static int used(int place, int size) {
        return place < size ? F_AVAIL | F_USED : 0;
    }

    /// Index and wrap counter of a place, as in event suppression and in SET_VRING_BASE.
    static int encode(int place, int size) {
        return place < size ? place | WRAP : place - size;
    }

    /// The place that index and wrap counter name.
    ///
    /// @return -1 if the index is not inside the ring
    static int decode(int encoded, int size) {
        int index = encoded & (WRAP - 1);
        if (index >= size) {
            return -1;
        }
        return (encoded & WRAP) != 0 ? index : index + size;
    }
}
