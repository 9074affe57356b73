package org.vhostdevice.blk.nbd;

import java.time.Duration;

/// A point in time after which a wait ends, or none.
///
/// @param nanos of [System#nanoTime]; anything if there is no end
/// @param never whether there is no end
record Deadline(long nanos, boolean never) {
    static final Deadline NEVER = new Deadline(0, true);

    private static final long LONGEST_NANOS = Long.MAX_VALUE / 4;
    private static final long NANOS_IN_MILLI = 1_000_000;

    /// The end of a time that begins now; zero has no end.
    static Deadline after(Duration time) {
        if (time.isZero()) {
            return NEVER;
        }
        boolean long_ = time.compareTo(Duration.ofNanos(LONGEST_NANOS)) > 0;
        return long_ ? NEVER : new Deadline(System.nanoTime() + time.toNanos(), false);
    }

    /// Nanoseconds until then, 0 or less if it has passed.
    long left() {
        return never ? LONGEST_NANOS : nanos - System.nanoTime();
    }

    /// Milliseconds to wait, at least 1 so that 0 does not mean for ever.
    long millis() {
        return Math.max(1, left() / NANOS_IN_MILLI + 1);
    }

    boolean passed() {
        return left() <= 0;
    }

    /// The earlier of two.
    Deadline min(Deadline other) {
        return left() <= other.left() ? this : other;
    }
}
