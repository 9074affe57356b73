package org.vhostdevice.blk.queue;

/// Limits what all queues of a disk do in a second, with bursts: two buckets that fill at a steady rate.
///
/// A request is let in while both buckets hold something, and may overdraw them: so one larger than a bucket gets
/// through, and those after it wait for as long as it takes. Any thread.
public final class Throttle {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Bucket requests;
    private final Bucket bytes;

    /// A bucket of what may be done.
    private static final class Bucket {
        private final double perNano;
        private final double most;
        private double level;
        private long filledAt;

        /// @param perSecond 0 for no limit
        Bucket(long perSecond, long burst, long now) {
            perNano = perSecond / NANOS_PER_SECOND;
            most = burst;
            level = burst;
            filledAt = now;
        }

        boolean limits() {
            return perNano > 0;
        }

        void fill(long now) {
            level = Math.min(most, level + (now - filledAt) * perNano);
            filledAt = now;
        }

        /// Nanoseconds until something is in it.
        long delay(long now) {
            fill(now);
            return !limits() || level > 0 ? 0 : (long) Math.ceil((1 - level) / perNano);
        }

        void take(long amount) {
            level -= (double) amount;
        }
    }

    /// The limits.
    ///
    /// @param iops requests a second; 0 for no limit
    /// @param iopsBurst requests that may come at once
    /// @param bps bytes a second; 0 for no limit
    /// @param bpsBurst bytes that may come at once
    public record Limits(long iops, long iopsBurst, long bps, long bpsBurst) {
        /// No limits.
        public static final Limits NONE = new Limits(0, 0, 0, 0);

        /// Refuses bursts of nothing.
        public Limits {
            if (iops < 0 || bps < 0 || (iops > 0 && iopsBurst < 1) || (bps > 0 && bpsBurst < 1)) {
                throw new IllegalArgumentException("limits and bursts must be more than 0");
            }
        }

        /// {@return whether there is a limit}
        public boolean any() {
            return iops > 0 || bps > 0;
        }
    }

    /// Full buckets.
    ///
    /// @param limits at least one
    /// @param now the time, as [System#nanoTime] tells it
    public Throttle(Limits limits, long now) {
        requests = new Bucket(limits.iops(), limits.iopsBurst(), now);
        bytes = new Bucket(limits.bps(), limits.bpsBurst(), now);
    }

    /// How long the next request must wait.
    ///
    /// @param now the time
    /// @return nanoseconds; 0 to let it in
    public synchronized long delay(long now) {
        return Math.max(requests.delay(now), bytes.delay(now));
    }

    /// A request was let in.
    ///
    /// @param size bytes that it moves
    public synchronized void take(long size) {
        if (requests.limits()) {
            requests.take(1);
        }
        if (bytes.limits()) {
            bytes.take(size);
        }
    }
}
