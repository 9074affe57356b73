package org.vhostdevice.fs.queue;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReadTimesTest {
    private final ReadTimes reads = new ReadTimes();

    @Test
    void workerDoesEachAtFirst() {
        assertTrue(reads.areShort());
        assertTrue(reads.areShortAlone());
    }

    @Test
    void workerDoesThoseThatComeAloneIfTheyTakeLessThanTheWayToThreads() {
        took(100, 40_000);
        assertFalse(reads.areShort());
        assertTrue(reads.areShortAlone());
    }

    @Test
    void threadsDoLongOnesUntilTheyAreShortAgain() {
        took(100, 200_000);
        assertFalse(reads.areShortAlone());
        took(100, 5_000);
        assertTrue(reads.areShort());
    }

    @Test
    void oneLongReadDoesNotCountForMuch() {
        took(100, 5_000);
        reads.took(Long.MAX_VALUE);
        assertTrue(reads.areShortAlone());
        took(20, 5_000);
        assertTrue(reads.areShort());
    }

    private void took(int times, long nanos) {
        IntStream.range(0, times).forEach(_ -> reads.took(nanos));
    }
}
