package org.vhostdevice.blk.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.blk.queue.Throttle.Limits;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
class ThrottleTest {
    private static final long SECOND = 1_000_000_000;

    @Test
    void burstGoesThroughAndTheRestWaits() {
        Throttle throttle = new Throttle(new Limits(10, 3, 0, 0), 0);
        for (int i = 0; i < 3; i++) {
            assertEquals(0, throttle.delay(0));
            throttle.take(1 << 20);
        }
        assertEquals(SECOND / 10, throttle.delay(0));
        assertEquals(0, throttle.delay(SECOND / 10));
    }

    @Test
    void requestLargerThanTheBurstGetsThroughAndIsPaidForLater() {
        Throttle throttle = new Throttle(new Limits(0, 0, 1000, 100), 0);
        throttle.take(2100);
        long wait = throttle.delay(0);
        assertTrue(wait > 2 * SECOND - SECOND / 100 && wait < 2 * SECOND + SECOND / 100, wait + " ns");
        assertEquals(0, throttle.delay(wait));
    }

    @RepeatedTest(50)
    void rateIsNeverExceededForLong(RandomGenerator random) {
        long iops = random.nextLong(1, 100_000);
        long burst = random.nextLong(1, 1000);
        long bps = random.nextLong(1, 1L << 30);
        long byteBurst = random.nextLong(1, 1L << 20);
        Throttle throttle = new Throttle(new Limits(iops, burst, bps, byteBurst), 0);
        long now = 0;
        long requests = 0;
        long bytes = 0;
        long largest = 1;
        for (int i = 0; i < 10_000; i++) {
            long wait = throttle.delay(now);
            if (wait > 0) {
                now += wait;
                continue;
            }
            long size = random.nextLong(1 << 16);
            throttle.take(size);
            requests++;
            bytes += size;
            largest = Math.max(largest, size);
            now += random.nextInt(1000);
        }
        double seconds = now / (double) SECOND;
        assertTrue(requests <= seconds * iops + burst + 2, requests + " requests");
        assertTrue(bytes <= seconds * bps + byteBurst + largest + 2, bytes + " bytes");
    }

    @Test
    void burstsOfNothingAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Limits(1, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Limits(0, 0, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Limits(-1, 1, 0, 0));
    }
}
