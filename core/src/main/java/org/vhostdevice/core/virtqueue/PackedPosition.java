package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.PackedRingLayout.DESC_F_AVAIL;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.DESC_F_USED;

/// Arithmetic on places in a packed ring (VIRTIO 1.4, 2.8.1).
///
/// A position counts descriptors over two turns around the ring, 0 to 2 * size - 1: in the first turn the wrap
/// counter is 1, in the second 0.
final class PackedPosition {
    private static final int WRAP = 1 << 15;

    private PackedPosition() {}

    /// The position that index and wrap counter name.
    ///
    /// @param encoded bits 0 to 14 the index, bit 15 the wrap counter
    /// @return the position; not less than twice the size if the index is not inside the ring
    static int decode(int encoded, int size) {
        int index = encoded & (WRAP - 1);
        if (index >= size) {
            return 2 * size;
        }
        return (encoded & WRAP) != 0 ? index : index + size;
    }

    /// The opposite of [#decode].
    static int encode(int position, int size) {
        return position < size ? position | WRAP : position - size;
    }

    /// The place in the ring, 0 to size - 1.
    static int index(int position, int size) {
        return position < size ? position : position - size;
    }

    /// The position some descriptors further on.
    ///
    /// @param count 0 to 2 * size
    static int advance(int position, int count, int size) {
        int after = position + count;
        return after < 2 * size ? after : after - 2 * size;
    }

    /// How far a position is ahead of another, 0 to 2 * size - 1.
    static int distance(int from, int to, int size) {
        return to >= from ? to - from : to - from + 2 * size;
    }

    /// The two flags of a descriptor that the driver has made available at a position.
    static int availableFlags(int position, int size) {
        return position < size ? DESC_F_AVAIL : DESC_F_USED;
    }

    /// The two flags of a descriptor that the device has used at a position.
    static int usedFlags(int position, int size) {
        return position < size ? DESC_F_AVAIL | DESC_F_USED : 0;
    }
}
