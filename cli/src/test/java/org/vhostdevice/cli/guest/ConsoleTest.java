package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void resultsAreReadFromMarkedLinesAndTheLastOneCounts() {
        Console console = of("boot\r\n@@sum 1\r\n@@sum 2 3\r\n@@exit 7\r\n");
        console.await(0, line -> GuestReport.isValue(line, "exit"), LIMIT);
        GuestReport report = GuestReport.of("exit", console.from(0));
        assertEquals(7, report.status());
        assertEquals("2 3", report.value("sum"));
        assertThrows(AssertionError.class, report::requireSuccess);
        assertThrows(AssertionError.class, () -> report.value("size"));
    }

    @Test
    void aLineThatWasCutOffIsShownButDoesNotCount() {
        Console console = of("@@written 1\n@@written 40");
        assertTrue(console.awaitEnd(LIMIT).endsWith("@@written 40"));
        assertEquals(Map.of("written", "1"), GuestReport.valuesIn(console.from(0)));
        assertEquals(List.of(), console.from(1));
    }

    @Test
    void waitingForALineEndsWithTheStream() {
        Console console = of("Kernel panic\n");
        AssertionError error = assertThrows(AssertionError.class, () -> console.await(0, "@@ready yes"::equals, LIMIT));
        assertTrue(String.valueOf(error.getMessage()).contains("Kernel panic"));
    }

    private static Console of(String text) {
        return new Console(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)), "console-under-test");
    }
}
