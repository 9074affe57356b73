package org.vhostdevice.blk.qcow2;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Uses of places in the file, so that a cluster that was given up is not used for something else before all that may
/// still transfer to or from it are done.
///
/// Uses are counted in one of two epochs. What is given up waits for the epoch that began before it to end, which
/// happens when the other has begun and all uses of this one are over. [#enter] and [#leave]: any thread, without a
/// lock. All else under the image's lock.
final class Uses<T> {
    private static final int APART = 32; // counters on cache lines of their own

    private final AtomicIntegerArray counts = new AtomicIntegerArray(2 * APART);
    private volatile int epoch;
    private List<T> waiting = new ArrayList<>();
    private List<T> ending = List.of();

    /// Begins a use.
    ///
    /// @return what [#leave] takes, 0 or 1
    int enter() {
        while (true) {
            int now = epoch;
            counts.incrementAndGet(now * APART);
            if (epoch == now) {
                return now;
            }
            counts.decrementAndGet(now * APART);
        }
    }

    void leave(int use) {
        counts.decrementAndGet(use * APART);
    }

    /// Keeps things until all uses that have begun are over.
    void retire(List<T> things) {
        waiting.addAll(things);
    }

    /// Takes what no use can reach any more.
    List<T> released() {
        List<T> released = new ArrayList<>(takeEnded());
        if (ending.isEmpty() && !waiting.isEmpty() && over(1 - epoch)) {
            ending = waiting;
            waiting = new ArrayList<>();
            int next = 1 - epoch;
            epoch = next;
            released.addAll(takeEnded());
        }
        return released;
    }

    private List<T> takeEnded() {
        if (ending.isEmpty() || !over(1 - epoch)) {
            return List.of();
        }
        List<T> ended = ending;
        ending = List.of();
        return ended;
    }

    private boolean over(int which) {
        return counts.get(which * APART) == 0;
    }
}
