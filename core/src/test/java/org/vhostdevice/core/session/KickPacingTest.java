package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KickPacingTest {
    private static final int CHAINS = 64;

    private long now = Long.MAX_VALUE - KickPacing.PATIENCE_NANOS / 2; // clocks wrap
    private final KickPacing pacing = new KickPacing(CHAINS, () -> now);

    @Test
    void driverThatGivesManyNotifiesOfAQuarterAtATime() {
        pacing.took(2 * CHAINS);
        for (int expected : new int[] {2, 4, 8, 16, 16, 16}) {
            assertEquals(expected, pacing.next());
            assertEquals(KickPacing.PATIENCE_NANOS, pacing.patience());
            pacing.kicked();
            assertEquals(Long.MAX_VALUE, pacing.patience());
            now += KickPacing.PATIENCE_NANOS;
            assertFalse(pacing.isLate());
        }
    }

    @Test
    void driverThatGivesFewNotifiesOfEach() {
        pacing.took(7);
        for (int i = 0; i < 5; i++) {
            assertEquals(1, pacing.next());
            assertEquals(Long.MAX_VALUE, pacing.patience());
            pacing.kicked();
        }
    }

    @Test
    void driverThatDoesNotNotifyInTimeIsAskedForLessEachTimeLonger() {
        pacing.took(CHAINS);
        for (int skipped : new int[] {1, 3, 7, 15, 31, 63, 127, 255, 255}) {
            assertEquals(2, pacing.next());
            now += KickPacing.PATIENCE_NANOS - 1;
            assertFalse(pacing.isLate());
            assertEquals(1, pacing.patience());
            now++;
            assertTrue(pacing.isLate());
            assertFalse(pacing.isLate());
            for (int i = 0; i < skipped; i++) {
                assertEquals(1, pacing.next());
                pacing.kicked();
            }
        }
        assertEquals(2, pacing.next());
        pacing.kicked();
        assertEquals(4, pacing.next());
    }

    @Test
    void lookForAnotherReasonIsNoFailure() {
        pacing.took(CHAINS);
        assertEquals(2, pacing.next());
        pacing.looked();
        now += KickPacing.PATIENCE_NANOS;
        assertFalse(pacing.isLate());
        assertEquals(4, pacing.next());
    }
}
