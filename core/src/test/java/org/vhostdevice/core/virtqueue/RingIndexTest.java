package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.testkit.Seeded;

@DisplayName("VIRTIO 1.4, 2.7.7.2 and 2.7.10")
@ExtendWith(Seeded.class)
class RingIndexTest {
    @RepeatedTest(200)
    void passedExactlyWhenTheEventLiesAmongTheNewEntries(RandomGenerator random) {
        int before = random.nextInt(65_536);
        int added = random.nextInt(1, 257);
        int event = random.nextInt(-300, 300);
        boolean expected = event >= 0 && event < added;
        int after = (before + added) & 0xffff;
        assertEquals(expected, RingIndex.passed((before + event) & 0xffff, after, before));
    }

    @Test
    void nothingNewPassesNothing() {
        for (int index = 0; index < 65_536; index += 257) {
            assertEquals(false, RingIndex.passed(index, index, index));
        }
    }

    @Test
    void distanceWrapsAround() {
        assertEquals(0, RingIndex.distance(65_535, 65_535));
        assertEquals(1, RingIndex.distance(65_535, 0));
        assertEquals(65_535, RingIndex.distance(0, 65_535));
    }
}
