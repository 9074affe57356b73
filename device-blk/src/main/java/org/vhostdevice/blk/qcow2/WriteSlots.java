package org.vhostdevice.blk.qcow2;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The clusters whose place in the file is being written. Under the image's lock.
final class WriteSlots {
    private final List<WriteSlot> slots = new ArrayList<>();
    private final Condition changed;
    private final int clusterBits;

    WriteSlots(ReentrantLock lock, int clusterBits) {
        this.changed = lock.newCondition();
        this.clusterBits = clusterBits;
    }

    void add(WriteSlot slot) {
        slots.add(slot);
    }

    void remove(WriteSlot slot) {
        slots.remove(slot);
        changed.signalAll();
    }

    /// Waits until nobody changes entries of a range; the lock is not held meanwhile.
    ///
    /// @return whether that took a wait, after which everything may be different
    boolean awaitNone(long from, long to) {
        boolean waited = false;
        while (overlap(from, to)) {
            changed.awaitUninterruptibly();
            waited = true;
        }
        return waited;
    }

    boolean overlap(long from, long to) {
        for (WriteSlot slot : slots) {
            if (slot.overlaps(from, to, clusterBits)) {
                return true;
            }
        }
        return false;
    }
}
