package org.vhostdevice.packaging;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/// Runs programs of the host that tests need, such as shells.
///
/// A test whose program is not installed is skipped with the reason; with the system property
/// `vhost.tools.required=true`,
/// which the build sets when the environment says `CI=true`, it fails instead.
final class HostTool {
    private static final long SECONDS = 120;

    private HostTool() {}

    /// Ends the test, as skipped or failed, where a program is missing.
    static void require(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        boolean there = Stream.of(path.split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
        if (there) {
            return;
        }
        String reason = program + " is not installed";
        if (Boolean.getBoolean("vhost.tools.required")) {
            Assertions.fail(reason);
        }
        Assumptions.abort(reason);
    }

    /// What a program prints on both of its streams.
    ///
    /// @param folder where it runs
    /// @param command the program, which must end with status 0, and its arguments
    static String run(Path folder, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().put("HOME", folder.toString());
        Process process = builder.start();
        CompletableFuture.delayedExecutor(SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            Assertions.assertEquals(0, status, command + ": " + text);
            return text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + command, e);
        } finally {
            process.destroyForcibly();
        }
    }

    /// The path of a test resource.
    static String resource(String name) {
        return Path.of("src/test/resources", name).toAbsolutePath().toString();
    }
}
