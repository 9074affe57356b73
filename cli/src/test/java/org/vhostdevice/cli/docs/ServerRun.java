package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;

/// A command that serves devices until it is ended by SIGTERM.
final class ServerRun implements AutoCloseable {
    private static final Pattern COMMAND =
            Pattern.compile("(?:^|\\| *)(?:\\./)?vhost-device[ -](?:blk|fs|vsock|console)\\b");
    private static final Pattern OTHER = Pattern.compile(" (?:attach|--help|--version|--print-capabilities)\\b");
    private static final Pattern SERVING = Pattern.compile("serving \\w+ on (/.+)");
    private static final long LIMIT_SECONDS = 30;

    private final String command;
    private final Process process;
    private final List<Path> sockets = new ArrayList<>();
    private final StringBuilder output = new StringBuilder();
    private final Thread reader;

    private ServerRun(String command, Process process) {
        this.command = command;
        this.process = process;
        this.reader = Thread.ofPlatform().daemon().name("server-output").unstarted(this::collect);
    }

    /// Whether a command serves a device.
    static boolean serves(String command) {
        return COMMAND.matcher(command).find() && !OTHER.matcher(command).find();
    }

    /// Starts a command and waits until its sockets are there.
    static ServerRun start(Stage stage, String command) throws IOException, InterruptedException {
        String plain = command.replaceFirst("&$", "").strip();
        // A pipeline stays one of the shell.
        ServerRun run = new ServerRun(command, stage.start(plain.contains("|") ? plain : "exec " + plain));
        try {
            run.awaitServing();
            return run;
        } catch (AssertionError | IOException e) {
            run.close();
            throw e;
        }
    }

    private void awaitServing() throws IOException, InterruptedException {
        reader.start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        int expected = 1
                + (int) Pattern.compile("--(?:disk|vm) ")
                        .matcher(command)
                        .results()
                        .skip(1)
                        .count();
        synchronized (output) {
            while (sockets.size() < expected) {
                assertTrue(reader.isAlive(), () -> "ended: " + command + "\n" + output);
                assertTrue(System.nanoTime() < deadline, () -> "does not serve: " + command + "\n" + output);
                TimeUnit.MILLISECONDS.timedWait(output, 100);
            }
        }
    }

    private void collect() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (output) {
                    output.append(line).append('\n');
                    Matcher serving = SERVING.matcher(line);
                    if (serving.find()) {
                        sockets.add(Path.of(serving.group(1)));
                    }
                    output.notifyAll();
                }
            }
        } catch (IOException e) {
            // It was killed by a test that has failed.
        }
    }

    /// What it has printed.
    String output() {
        synchronized (output) {
            return output.toString();
        }
    }

    /// Attaches the built-in front end to each socket, and starts and stops the device's queues.
    void attach() throws IOException {
        List<Path> all;
        synchronized (output) {
            all = List.copyOf(sockets);
        }
        for (Path socket : all) {
            try (Frontend frontend = Frontend.attach(socket, FrontendOptions.defaults())) {
                frontend.stop();
            }
        }
    }

    /// Sends SIGTERM; the command must end in order.
    void end() throws InterruptedException {
        Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .filter(ServerRun::isJava)
                .toList()
                .forEach(ProcessHandle::destroy);
        assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), () -> "no end after SIGTERM: " + command);
        reader.join();
        assertEquals(0, process.exitValue(), () -> command + "\n" + output());
    }

    private static boolean isJava(ProcessHandle handle) {
        return handle.info().command().orElse("").endsWith("java");
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
