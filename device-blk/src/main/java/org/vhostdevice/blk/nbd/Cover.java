package org.vhostdevice.blk.nbd;

import java.util.BitSet;

/// Which bytes of a read the server has answered. Used by one thread.
final class Cover {
    private final BitSet bytes = new BitSet();
    private int count;

    void clear() {
        if (!bytes.isEmpty()) {
            bytes.clear();
        }
        count = 0;
    }

    /// Adds a range.
    ///
    /// @return whether none of it was there before
    boolean add(int start, int length) {
        int next = bytes.nextSetBit(start);
        if (next >= 0 && next < start + length) {
            return false;
        }
        bytes.set(start, start + length);
        count += length;
        return true;
    }

    /// How many bytes are there.
    int count() {
        return count;
    }
}
