package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class QuickstartTest {
    @Test
    void servesVerifiesMeasuresAndLeavesNothingBehind() {
        CommandRun run = CommandRun.of("quickstart", "--log-level", "warn");
        assertEquals("", run.err());
        assertEquals(0, run.status(), run.out());
        for (String word : new String[] {"FLUSH", "VERSION_1", "64 MiB written", "equal", "MiB/s", "qemu-system-"}) {
            assertTrue(run.out().contains(word), word + " in " + run.out());
        }
        Matcher socket = Pattern.compile("blk on (\\S+),").matcher(run.out());
        assertTrue(socket.find(), run.out());
        assertFalse(Files.exists(Path.of(socket.group(1)).getParent()));
    }
}
