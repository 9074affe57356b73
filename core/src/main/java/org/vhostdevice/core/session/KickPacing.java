package org.vhostdevice.core.session;

import java.util.function.LongSupplier;

/// Decides of how many new chains at a time the driver is to notify when its ring has run dry while the device has
/// something to put into more. A guest that takes less than the host gives would otherwise notify of each single chain
/// that it gives back, and have it filled alone. Worker thread.
///
/// The number grows to a share of what the driver has given at a time. Should it not give so many, the ring is looked
/// at after a moment anyway; then every chain is notified of again, for longer after each such failure.
final class KickPacing {
    /// How long a driver may take until the ring is looked at.
    static final long PATIENCE_NANOS = 1_000_000;

    /// A driver that goes on meanwhile has this part of its chains filled.
    private static final int SHARE = 4;

    private static final int MOST_SKIPPED = 255;

    private final int ringSize;
    private final LongSupplier clock;
    private int chains = 1;
    private int most;
    private int skips;
    private int toSkip;
    private boolean waiting;
    private long until;

    KickPacing(int ringSize) {
        this(ringSize, System::nanoTime);
    }

    /// @param clock the time in nanoseconds, from any origin
    KickPacing(int ringSize, LongSupplier clock) {
        this.ringSize = ringSize;
        this.clock = clock;
    }

    /// The driver has given so many chains without a break.
    void took(int count) {
        most = Math.max(most, Math.min(count, ringSize));
    }

    /// The ring has run dry.
    ///
    /// @return of how many chains the driver is to notify, 1 or more
    int next() {
        if (toSkip > 0) {
            toSkip--;
            return 1;
        }
        chains = Math.max(1, Math.min(2 * chains, most / SHARE));
        waiting = chains > 1;
        until = clock.getAsLong() + PATIENCE_NANOS;
        return chains;
    }

    /// The driver has notified.
    void kicked() {
        if (waiting) {
            waiting = false;
            skips = 0;
        }
    }

    /// The ring is looked at for another reason.
    void looked() {
        waiting = false;
    }

    /// {@return for how many nanoseconds the ring need not be looked at}
    long patience() {
        return waiting ? Math.max(0, until - clock.getAsLong()) : Long.MAX_VALUE;
    }

    /// {@return whether the driver has not notified in time} It is asked for less then.
    boolean isLate() {
        if (!waiting || clock.getAsLong() - until < 0) {
            return false;
        }
        waiting = false;
        chains = 1;
        skips = Math.min(2 * skips + 1, MOST_SKIPPED);
        toSkip = skips;
        return true;
    }
}
