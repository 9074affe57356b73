package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Output as lines of the host's log.
class SyslogEndTest {
    private final List<String> lines = new ArrayList<>();

    @Test
    void eachLineIsAMessage() {
        try (SyslogEnd end = new SyslogEnd("vm", lines::add)) {
            assertTrue(TestOutput.of("one\r\ntw").writeTo(end));
            assertEquals(List.of("vm: one"), lines);
            assertTrue(TestOutput.of("o\n\n").writeTo(end));
            assertEquals(List.of("vm: one", "vm: two"), lines);
        }
    }

    @Test
    void lineWithoutEndIsWrittenWhenTheGuestLeaves() {
        try (SyslogEnd end = new SyslogEnd("", lines::add)) {
            assertTrue(TestOutput.of("login: ").writeTo(end));
            end.guestOpened(true);
            assertEquals(List.of(), lines);
            end.guestOpened(false);
            assertEquals(List.of("login: "), lines);
            assertTrue(TestOutput.of("x").writeTo(end));
        }
        assertEquals(List.of("login: ", "x"), lines);
    }

    @Test
    void longLineIsCut() {
        try (SyslogEnd end = new SyslogEnd("", lines::add)) {
            assertTrue(TestOutput.of("y".repeat(2500) + "\n").writeTo(end));
        }
        assertEquals(
                List.of(1024, 1024, 452), lines.stream().map(String::length).toList());
    }

    @Test
    void hostsLogTakesLines() throws Exception {
        try (TestLoop loop = new TestLoop();
                SyslogEnd end = new SyslogEnd("vhost-device test")) {
            end.start(loop, loop);
            assertEquals(List.of("opened"), loop.told());
            assertTrue(TestOutput.of("a line of a test\n").writeTo(end));
        }
    }
}
