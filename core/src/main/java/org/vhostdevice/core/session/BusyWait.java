package org.vhostdevice.core.session;

import java.util.function.BooleanSupplier;

/// Decides whether a ring that was emptied is looked at a little longer before its thread sleeps. That saves the driver
/// a notification and the thread a sleep if more chains come soon, and wastes time if not: after each failure it is
/// tried less often, after a success each time.
final class BusyWait {
    /// Looks at the ring between two looks at the clock.
    private static final int LOOKS = 16;

    private static final int MOST_SKIPPED = 127;

    private final long nanos;
    private int skips;
    private int toSkip;

    /// @param nanos how long to look at most; 0 for not at all
    BusyWait(long nanos) {
        this.nanos = nanos;
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
        boolean came = look(condition);
        skips = came ? 0 : Math.min(2 * skips + 1, MOST_SKIPPED);
        toSkip = skips;
        return came;
    }

    private boolean look(BooleanSupplier condition) {
        long began = System.nanoTime();
        do {
            for (int i = 0; i < LOOKS; i++) {
                if (condition.getAsBoolean()) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - began < nanos);
        return false;
    }
}
