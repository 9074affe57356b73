package org.vhostdevice.fs.queue;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoneReadsTest {
    private final LoneReads reads = new LoneReads();

    @Test
    void workerDoesReadsAsLongAsTheyAreShort() {
        IntStream.range(0, 1000).forEach(_ -> {
            assertTrue(reads.here());
            reads.took(50_000);
        });
    }

    @Test
    void threadsDoReadsAfterALongOneUntilTheWorkerTriesAgain() {
        reads.took(50_001);
        IntStream.range(0, 64).forEach(_ -> assertFalse(reads.here()));
        assertTrue(reads.here());
        reads.took(1);
        assertTrue(reads.here());
    }
}
