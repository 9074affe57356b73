package org.vhostdevice.cli.recovery;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// A program of this build in a process of its own, to be killed.
final class JavaProgram implements AutoCloseable {
    private final Process process;

    private JavaProgram(Process process) {
        this.process = process;
    }

    static JavaProgram start(Class<?> main, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(arguments);
        return new JavaProgram(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /// What it prints.
    BufferedReader output() {
        return process.inputReader();
    }

    /// Reads what it prints up to a line that contains a word.
    void await(String word) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = output().readLine(); line != null; line = output().readLine()) {
            if (line.contains(word)) {
                return;
            }
            seen.append(line).append('\n');
        }
        throw new AssertionError("no '" + word + "' in: " + seen);
    }

    /// Sends SIGKILL after a while.
    Thread killAfter(long nanos) {
        return Thread.ofPlatform().start(() -> {
            long end = System.nanoTime() + nanos;
            for (long left = nanos; left > 0; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            // By its handle: a process object would also close what is still to be read.
            process.toHandle().destroyForcibly();
        });
    }

    /// Waits for its end.
    void awaitEnd() {
        process.onExit().join();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        awaitEnd();
    }
}
