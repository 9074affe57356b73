package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.memory.DirtyLog;

@DisplayName("A front end that truncates guest memory or its log costs itself the connection, never the process")
class TruncationTest {
    private static final int SHORT_SECONDS = 3;
    private static final int LONG_SECONDS = 60;
    private static final int START_LIMIT_SECONDS = 60;
    private static final Pattern RESULT = Pattern.compile("connections (\\d+) ended (\\d+) by log (\\d+)");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:+TieredCompilation"})
    void survives(String mode) throws Exception {
        run(mode, SHORT_SECONDS);
    }

    @ParameterizedTest
    @Tag("slow")
    @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:+TieredCompilation", "-XX:+UseParallelGC"})
    void survivesForLong(String mode) throws Exception {
        run(mode, LONG_SECONDS);
    }

    private void run(String mode, int seconds) throws Exception {
        long seed = Long.getLong("vhost.seed", ThreadLocalRandom.current().nextLong());
        Path output = directory.resolve("output");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                mode,
                "--enable-native-access=ALL-UNNAMED",
                "-XX:ErrorFile=" + Path.of("target", "crash-%p.log").toAbsolutePath(), // outlives the test
                "-Dvhost.disable=" + System.getProperty("vhost.disable", ""),
                "-Dvhost.host=" + System.getProperty("vhost.host", ""),
                "-cp",
                System.getProperty("java.class.path"),
                TruncationChild.class.getName(),
                Integer.toString(seconds),
                Long.toString(seed)));
        Process child = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertTrue(child.waitFor(seconds + START_LIMIT_SECONDS, TimeUnit.SECONDS), "the child ends");
            String said = Files.readString(output);
            assertEquals(0, child.exitValue(), () -> "repeat with -Dvhost.seed=" + seed + "\n" + said);
            Matcher result = RESULT.matcher(said);
            assertTrue(result.find(), said);
            assertTrue(Long.parseLong(result.group(2)) > 0, () -> "connections ended\n" + said);
            boolean logged = Long.parseLong(result.group(3)) > 0;
            assertEquals(DirtyLog.isSupported(), logged, () -> "connections ended by a truncated log\n" + said);
        } finally {
            child.destroyForcibly();
        }
    }
}
