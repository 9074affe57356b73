package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BusyWaitTest {
    private final AtomicInteger looks = new AtomicInteger();

    private boolean triedInVain(BusyWait wait) {
        int before = looks.get();
        assertFalse(wait.until(() -> {
            looks.incrementAndGet();
            return false;
        }));
        return looks.get() != before;
    }

    @Test
    void whatComesIsFoundEachTime() {
        var wait = new BusyWait(Long.MAX_VALUE, () -> {}, () -> {});
        for (int i = 1; i < 100; i++) {
            int wanted = i;
            looks.set(0);
            assertTrue(wait.until(() -> looks.incrementAndGet() == wanted));
        }
    }

    @Test
    void withoutTimeItDoesNotLook() {
        assertFalse(triedInVain(new BusyWait(0, () -> {}, () -> {})));
    }

    @Test
    void aLongLookThatYieldsEndsAsWell() {
        assertTrue(triedInVain(new BusyWait(100_000, () -> {}, () -> {})));
    }

    @Test
    void duringALookSomethingElseIsDoneNowAndThen() {
        var times = new AtomicInteger();
        assertTrue(triedInVain(new BusyWait(1_000_000, () -> {}, times::incrementAndGet)));
        assertTrue(times.get() > 1, times::toString);
    }

    @Test
    void eachFailureDoublesTheTimesThatAreSkippedUpToALimit() {
        var wait = new BusyWait(1, () -> {}, () -> {});
        for (int skipped : new int[] {0, 1, 3, 7, 15, 31, 63, 127, 127}) {
            for (int i = 0; i < skipped; i++) {
                assertFalse(triedInVain(wait), skipped + " are skipped");
            }
            assertTrue(triedInVain(wait));
        }
    }

    @Test
    void aSuccessMakesItTryAgainAndHalvesTheTimesThatAreSkippedLater() {
        var wait = new BusyWait(1, () -> {}, () -> {});
        for (int i = 0; i < 4; i++) {
            boolean _ = triedInVain(wait);
        }
        assertEquals(2, skippedBeforeSuccess(wait), "of three after the second failure");
        assertEquals(0, skippedBeforeSuccess(wait));
        assertTrue(triedInVain(wait));
        assertEquals(1, skippedBeforeSuccess(wait));
    }

    private static int skippedBeforeSuccess(BusyWait wait) {
        int skipped = 0;
        while (!wait.until(() -> true)) {
            skipped++;
        }
        return skipped;
    }
}
