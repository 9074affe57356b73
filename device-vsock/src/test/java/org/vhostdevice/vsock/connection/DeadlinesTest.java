package org.vhostdevice.vsock.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeadlinesTest {
    private static final long FAR = 3_600_000_000_000L;

    private final Deadlines deadlines = new Deadlines();
    private final List<Integer> expired = new ArrayList<>();

    private Deadlines.Deadline deadline(int number) {
        return new Deadlines.Deadline() {
            @Override
            protected void expired() {
                expired.add(number);
            }
        };
    }

    private void runUntil(int count) {
        while (expired.size() < count) {
            deadlines.run();
        }
    }

    @Test
    void withoutDeadlinesThereIsPatience() {
        assertEquals(Long.MAX_VALUE, deadlines.patience());
        deadlines.run();
        assertTrue(expired.isEmpty());
    }

    @Test
    void whatIsOverHappensOnce() {
        deadlines.set(deadline(1), FAR);
        for (int i = 2; i < 100; i++) {
            deadlines.set(deadline(i), i % 2 == 0 ? 0 : FAR);
        }
        assertEquals(0, deadlines.patience());
        runUntil(49);
        deadlines.run();
        assertEquals(49, expired.size());
        assertTrue(expired.stream().allMatch(number -> number % 2 == 0));
        assertTrue(deadlines.patience() > FAR / 2);
    }

    @Test
    void timeCanChangeAndGo() {
        Deadlines.Deadline first = deadline(1);
        Deadlines.Deadline second = deadline(2);
        deadlines.set(first, 0);
        deadlines.set(second, FAR);
        deadlines.set(first, FAR);
        deadlines.clear(second);
        deadlines.clear(second);
        deadlines.run();
        assertTrue(expired.isEmpty());
        deadlines.set(second, 0);
        runUntil(1);
        assertEquals(List.of(2), expired);
        deadlines.clear(first);
        assertEquals(Long.MAX_VALUE, deadlines.patience());
    }

    @Test
    void whatHappensMaySetAndClearOthers() {
        Deadlines.Deadline other = deadline(1);
        Deadlines.Deadline again = new Deadlines.Deadline() {
            private int rounds;

            @Override
            protected void expired() {
                expired.add(2);
                deadlines.clear(other);
                if (rounds++ < 3) {
                    deadlines.set(this, 0);
                }
            }
        };
        deadlines.set(other, FAR);
        deadlines.set(again, 0);
        runUntil(4);
        assertEquals(List.of(2, 2, 2, 2), expired);
        assertEquals(Long.MAX_VALUE, deadlines.patience());
    }
}
