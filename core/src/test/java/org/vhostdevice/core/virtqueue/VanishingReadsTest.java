package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What compiled code reads of memory that vanishes harms nothing")
class VanishingReadsTest {
    private static final int ROUNDS = 2000;

    @Test
    void theProcessSurvives(@TempDir Path folder) throws Exception {
        long seed = Long.getLong("vhost.seed", ThreadLocalRandom.current().nextLong());
        Path output = folder.resolve("output");
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:ErrorFile=" + Path.of("target", "crash-%p.log").toAbsolutePath(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        VanishingReadsChild.class.getName(),
                        folder.resolve("memory").toString(),
                        Integer.toString(ROUNDS),
                        Long.toString(seed))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertTrue(child.waitFor(60, TimeUnit.SECONDS), "the child ends");
            String said = Files.readString(output);
            assertEquals(0, child.exitValue(), () -> "repeat with -Dvhost.seed=" + seed + "\n" + said);
            assertTrue(said.startsWith("faults " + ROUNDS + " "), said);
        } finally {
            child.destroyForcibly();
        }
    }
}
