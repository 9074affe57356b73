package org.vhostdevice.cli.guest;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Runs short commands of the host to their end.
final class HostCommand {
    private static final long MINUTES = 10;

    /// What a command left behind; standard error follows standard output in `output`.
    ///
    /// @param status exit status
    /// @param output both streams as text
    record Outcome(int status, String output) {
        boolean succeeded() {
            return status == 0;
        }

        /// The last line that is not empty, which is where tools say what went wrong.
        String lastLine() {
            return output.lines().filter(line -> !line.isBlank()).reduce("", (first, second) -> second);
        }
    }

    private HostCommand() {}

    /// Runs a command in `directory` to its end; it is killed after ten minutes.
    static Outcome run(Path directory, List<String> command) throws IOException {
        return run(new ProcessBuilder(command).directory(directory.toFile()));
    }

    /// Runs a program to its end; it is killed after ten minutes.
    static Outcome run(ProcessBuilder builder) throws IOException {
        return finish(
                builder.redirectErrorStream(true),
                (status, bytes) -> new Outcome(status, new String(bytes, StandardCharsets.UTF_8)));
    }

    /// The text that a program prints on its standard output.
    ///
    /// @throws IOException if its exit status is not 0
    static String textOf(ProcessBuilder builder) throws IOException {
        return new String(bytesOf(builder), StandardCharsets.UTF_8);
    }

    /// The bytes that a program prints on its standard output.
    ///
    /// @throws IOException if its exit status is not 0
    static byte[] bytesOf(ProcessBuilder builder) throws IOException {
        return finish(builder.redirectError(ProcessBuilder.Redirect.INHERIT), (status, bytes) -> {
            if (status != 0) {
                throw new IOException("exit status " + status + ": " + builder.command());
            }
            return bytes;
        });
    }

    /// The first program of that name in the directories of `PATH`.
    static Optional<Path> onPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of(path.split(File.pathSeparator, -1))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private interface Ending<T> {
        T of(int status, byte[] output) throws IOException;
    }

    private static <T> T finish(ProcessBuilder builder, Ending<T> ending) throws IOException {
        builder.environment().put("LC_ALL", "C");
        Process process = builder.redirectInput(new File("/dev/null")).start();
        // What takes too long is killed, which also ends its output.
        CompletableFuture.delayedExecutor(MINUTES, TimeUnit.MINUTES).execute(process::destroyForcibly);
        try {
            byte[] output = process.getInputStream().readAllBytes();
            return ending.of(process.waitFor(), output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + builder.command(), e);
        } finally {
            process.destroyForcibly();
        }
    }
}
