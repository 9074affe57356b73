package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
class LatencyHistogramTest {
    private static final long HOUR = 3_600_000_000_000L;

    @RepeatedTest(50)
    void percentilesAreAtMostOneThousandthTooHigh(RandomGenerator random) {
        var histogram = new LatencyHistogram();
        long[] values = random.longs(random.nextInt(1, 2000))
                .map(value -> (value & Long.MAX_VALUE) % HOUR >>> random.nextInt(42))
                .toArray();
        for (long value : values) {
            histogram.record(value);
        }
        Arrays.sort(values);
        for (double percent : new double[] {0.001, 1, 50, 90, 99, 99.9, 100}) {
            long exact = values[(int) Math.max(0, Math.ceil(values.length * percent / 100) - 1)];
            long seen = histogram.percentile(percent);
            assertTrue(seen >= exact && seen - exact <= exact / 1000, percent + ": " + seen + " for " + exact);
        }
        assertEquals(values[values.length - 1], histogram.percentile(100));
        assertEquals(values[values.length - 1], histogram.max());
        assertEquals(values.length, histogram.count());
    }

    @Test
    void smallDurationsAreExact() {
        var histogram = new LatencyHistogram();
        for (int nanos = 0; nanos < 64; nanos++) {
            histogram.clear();
            histogram.record(nanos);
            histogram.record(1000);
            assertEquals(nanos, histogram.percentile(50));
        }
    }

    @Test
    void anEmptyHistogramSaysZeroAndANegativeDurationIsZero() {
        var histogram = new LatencyHistogram();
        assertEquals(0, histogram.percentile(99));
        assertEquals(0, histogram.max());
        assertEquals(0, histogram.mean());
        histogram.record(-5);
        assertEquals(0, histogram.percentile(100));
        assertEquals(1, histogram.count());
    }

    @Test
    void moreThanAnHourIsAnHour() {
        var histogram = new LatencyHistogram();
        histogram.record(Long.MAX_VALUE);
        assertEquals(HOUR, histogram.max());
        assertEquals(HOUR, histogram.percentile(50));
    }

    @Test
    void sumsTwoHistograms() {
        var one = new LatencyHistogram();
        one.record(10);
        var two = new LatencyHistogram();
        two.record(30);
        one.add(two);
        assertEquals(2, one.count());
        assertEquals(20, one.mean());
        assertEquals(30, one.max());
        assertEquals(10, one.percentile(50));
    }
}
