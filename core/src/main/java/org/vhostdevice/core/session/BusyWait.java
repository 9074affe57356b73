package org.vhostdevice.core.session;

import java.util.function.BooleanSupplier;

/// Decides whether a ring that was emptied is looked at a little longer before its thread sleeps. That saves the driver
/// a notification and the thread a sleep if more chains come soon, and wastes time if not: after a success it is
/// tried again, after a failure not for some times, and the fewer successes there are between failures the more times
/// those are.
///
/// The driver's thread may wait for this very processor, since the kernel likes to wake it there. So in a longer
/// look the thread yields now and then, unless the last yield took so long that it was to threads that have nothing
/// to do with it.
final class BusyWait {
    /// Looks at the ring between two looks at the clock.
    private static final int LOOKS = 16;

    private static final int MOST_SKIPPED = 127;

    /// In a shorter look there is no time to yield: two changes of threads take as long.
    private static final long LONG_LOOK_NANOS = 10_000;

    /// A driver makes its next request sooner than this.
    private static final long LONG_YIELD_NANOS = 20_000;

    /// After a long yield there is none for so many times what it took.
    private static final int RARER = 64;

    private final long nanos;
    private final Runnable before;
    private final Runnable meanwhile;
    private int skips;
    private int toSkip;
    private long noYieldUntil = System.nanoTime();

    /// @param nanos how long to look at most; 0 for not at all
    /// @param before each look
    /// @param meanwhile done now and then during a look; short
    BusyWait(long nanos, Runnable before, Runnable meanwhile) {
        this.nanos = nanos;
        this.before = before;
        this.meanwhile = meanwhile;
    }

    /// Waits for a condition, if that has been worth while lately.
    ///
    /// @return whether it holds; false also if it was not looked at
    boolean until(BooleanSupplier condition) {
        if (nanos == 0) {
            return false;
        }
        if (toSkip > 0) {
            toSkip--;
            return false;
        }
        before.run();
        boolean came = look(condition);
        skips = came ? skips / 2 : Math.min(2 * skips + 1, MOST_SKIPPED);
        toSkip = came ? 0 : skips;
        return came;
    }

    private boolean look(BooleanSupplier condition) {
        long began = System.nanoTime();
        long now = began;
        do {
            for (int i = 0; i < LOOKS; i++) {
                if (condition.getAsBoolean()) {
                    return true;
                }
                Thread.onSpinWait();
            }
            if (nanos >= LONG_LOOK_NANOS && now - noYieldUntil >= 0) {
                yieldAt(now);
            }
            meanwhile.run();
            now = System.nanoTime();
        } while (now - began < nanos);
        return false;
    }

    @SuppressWarnings("ThreadPriorityCheck") // it saves time, and nothing relies on it
    private void yieldAt(long before) {
        Thread.yield();
        long now = System.nanoTime();
        if (now - before > LONG_YIELD_NANOS) {
            noYieldUntil = now + RARER * (now - before);
        }
    }
}
