package org.vhostdevice.core.frontend;

import org.HdrHistogram.Histogram;

/// Counts durations, each at most 1/1000 too high, up to an hour. One thread. Counting allocates nothing.
public final class LatencyHistogram {
    private static final long HIGHEST = 3_600_000_000_000L;
    private static final int DIGITS = 3;

    private final Histogram counts = new Histogram(HIGHEST, DIGITS);
    private long max;

    /// An empty histogram.
    public LatencyHistogram() {}

    /// Counts a duration.
    ///
    /// @param nanos nanoseconds; negative ones count as 0, those above an hour as an hour
    public void record(long nanos) {
        long value = Math.clamp(nanos, 0, HIGHEST);
        counts.recordValue(value);
        max = Math.max(max, value);
    }

    /// Adds all counts of another histogram.
    ///
    /// @param other not changed
    public void add(LatencyHistogram other) {
        counts.add(other.counts);
        max = Math.max(max, other.max);
    }

    /// Forgets all counts.
    public void clear() {
        counts.reset();
        max = 0;
    }

    /// {@return how many durations were counted}
    public long count() {
        return counts.getTotalCount();
    }

    /// {@return the longest duration in nanoseconds, 0 if there is none}
    public long max() {
        return max;
    }

    /// {@return the mean duration in nanoseconds, 0 if there is none}
    public double mean() {
        return counts.getMean();
    }

    /// The duration that a share of all durations does not exceed.
    ///
    /// @param percent `0..100`
    /// @return nanoseconds, at most 1/1000 too high; 0 if nothing was counted
    public long percentile(double percent) {
        return Math.min(counts.getValueAtPercentile(percent), max);
    }
}
