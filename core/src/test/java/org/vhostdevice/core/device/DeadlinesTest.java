package org.vhostdevice.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.device.Deadlines.Deadline;

class DeadlinesTest {
    private static final long SECOND = 1_000_000_000;
    private static final long GRAIN = SECOND / 100;

    private long now = Long.MAX_VALUE - SECOND; // clocks wrap
    private final Deadlines deadlines = new Deadlines(() -> now);
    private final List<Integer> expired = new ArrayList<>();

    private Deadline deadline(int number) {
        return new Deadline(() -> expired.add(number));
    }

    private void pass(long nanos) {
        now += nanos;
        deadlines.run();
    }

    @Test
    void withoutDeadlinesThereIsPatience() {
        assertEquals(Long.MAX_VALUE, deadlines.patience());
        deadlines.run();
        assertTrue(expired.isEmpty());
    }

    @Test
    void timeOfTheSystemPasses() {
        Deadlines real = new Deadlines();
        real.set(deadline(1), 0);
        assertEquals(0, real.patience());
        real.run();
        assertEquals(List.of(1), expired);
    }

    @Test
    void whatIsOverHappensOnceAndTheRestLater() {
        for (int i = 1; i < 100; i++) {
            deadlines.set(deadline(i), i % 2 == 0 ? SECOND : 2 * SECOND);
        }
        assertEquals(SECOND, deadlines.patience());
        pass(SECOND - 1);
        assertTrue(expired.isEmpty());
        assertEquals(1, deadlines.patience());
        pass(1);
        assertEquals(49, expired.size());
        assertTrue(expired.stream().allMatch(number -> number % 2 == 0));
        assertEquals(SECOND, deadlines.patience());
        pass(SECOND);
        assertEquals(99, expired.size());
        assertEquals(Long.MAX_VALUE, deadlines.patience());
    }

    @Test
    void manyAreLookedAtAHundredTimesASecondAtMost() {
        deadlines.set(deadline(1), 0);
        deadlines.set(deadline(2), 1);
        deadlines.run();
        assertEquals(GRAIN, deadlines.patience());
        pass(1);
        assertEquals(List.of(1), expired);
        pass(GRAIN);
        assertEquals(List.of(1, 2), expired);
    }

    @Test
    void timeCanChangeAndGo() {
        Deadline first = deadline(1);
        Deadline second = deadline(2);
        deadlines.set(first, 0);
        deadlines.set(second, SECOND);
        deadlines.set(first, SECOND);
        deadlines.clear(second);
        deadlines.clear(second);
        deadlines.run();
        assertTrue(expired.isEmpty());
        deadlines.set(second, 0);
        deadlines.run();
        assertEquals(List.of(2), expired);
        deadlines.clear(first);
        assertEquals(Long.MAX_VALUE, deadlines.patience());
    }

    @Test
    void whatHappensMaySetAndClearOthers() {
        Deadline other = deadline(1);
        List<Deadline> again = new ArrayList<>();
        again.add(new Deadline(() -> {
            expired.add(2);
            deadlines.clear(other);
            if (expired.size() < 4) {
                deadlines.set(again.getFirst(), 0);
            }
        }));
        deadlines.set(other, SECOND);
        deadlines.set(again.getFirst(), 0);
        deadlines.run();
        pass(GRAIN);
        pass(GRAIN);
        pass(GRAIN);
        pass(SECOND);
        assertEquals(List.of(2, 2, 2, 2), expired);
        assertEquals(Long.MAX_VALUE, deadlines.patience());
    }
}
