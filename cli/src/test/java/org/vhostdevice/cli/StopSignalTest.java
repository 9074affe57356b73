package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StopSignalTest {
    @Test
    void commandThatEndsEndsTheProcessWithSuccess() {
        StopSignal signal = new StopSignal();
        signal.close();
        assertEquals(0, signal.statusAtEnd(Duration.ofSeconds(20)));
    }

    @Test
    void commandThatDoesNotEndIsNotWaitedForForEver() {
        try (StopSignal signal = new StopSignal()) {
            assertEquals(1, signal.statusAtEnd(Duration.ofMillis(10)));
        }
    }
}
