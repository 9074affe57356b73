package org.vhostdevice.core.frontend;

import java.util.Arrays;

/// Counts durations in buckets whose width is at most 1/32 of their value, from 1 ns to 2^63 ns. One thread.
public final class LatencyHistogram {
    /// Values below `2^EXACT_BITS` have a bucket each; above, each doubling has half as many.
    private static final int EXACT_BITS = 6;

    private static final int HALF = 1 << (EXACT_BITS - 1);
    private static final int BUCKETS = (Long.SIZE - EXACT_BITS + 1) * HALF;

    private final long[] counts = new long[BUCKETS];
    private long total;
    private long sum;
    private long max;

    /// An empty histogram.
    public LatencyHistogram() {}

    /// Counts a duration.
    ///
    /// @param nanos nanoseconds; negative ones count as 0
    public void record(long nanos) {
        long value = Math.max(nanos, 0);
        counts[bucket(value)]++;
        total++;
        sum += value;
        max = Math.max(max, value);
    }

    /// Adds all counts of another histogram.
    ///
    /// @param other not changed
    public void add(LatencyHistogram other) {
        for (int i = 0; i < BUCKETS; i++) {
            counts[i] += other.counts[i];
        }
        total += other.total;
        sum += other.sum;
        max = Math.max(max, other.max);
    }

    /// Forgets all counts.
    public void clear() {
        Arrays.fill(counts, 0);
        total = 0;
        sum = 0;
        max = 0;
    }

    /// {@return how many durations were counted}
    public long count() {
        return total;
    }

    /// {@return the longest duration in nanoseconds, 0 if there is none}
    public long max() {
        return max;
    }

    /// {@return the mean duration in nanoseconds, 0 if there is none}
    public double mean() {
        return total == 0 ? 0 : (double) sum / total;
    }

    /// The duration that a share of all durations does not exceed.
    ///
    /// @param percent `0..100`
    /// @return nanoseconds, at most 1/32 too high; 0 if nothing was counted
    public long percentile(double percent) {
        long rank = Math.max(1, (long) Math.ceil(total * percent / 100));
        long below = 0;
        for (int i = 0; i < BUCKETS; i++) {
            below += counts[i];
            if (below >= rank) {
                return Math.min(highest(i), max);
            }
        }
        return 0;
    }

    private static int bucket(long value) {
        int shift = Math.max(0, Long.SIZE - EXACT_BITS - Long.numberOfLeadingZeros(value));
        return shift * HALF + (int) (value >>> shift);
    }

    private static long highest(int bucket) {
        if (bucket < 2 * HALF) {
            return bucket;
        }
        int shift = bucket / HALF - 1;
        return (((long) (bucket - shift * HALF) + 1) << shift) - 1;
    }
}
