package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// A back end in a process of its own that listens on a socket. Used by one thread.
final class BackEndProcess implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();

    private final ProcessBuilder command;
    private final Path socket;
    private OwnedProcess process;
    private Console output;

    private BackEndProcess(ProcessBuilder command, Path socket) throws IOException {
        this.command = command.redirectErrorStream(true);
        this.socket = socket;
        this.process = OwnedProcess.start(command);
        this.output = process.readOutput();
    }

    /// Starts a back end and waits until it accepts connections.
    ///
    /// @param socket where the command makes it listen
    static BackEndProcess start(ProcessBuilder command, Path socket) throws IOException {
        BackEndProcess backEnd = new BackEndProcess(command, socket);
        try {
            backEnd.awaitListening();
            return backEnd;
        } catch (AssertionError e) {
            backEnd.close();
            throw e;
        }
    }

    Path socket() {
        return socket;
    }

    /// How many descriptors the process and its descendants have open.
    long openFiles() throws IOException {
        List<ProcessHandle> processes = Stream.concat(
                        Stream.of(process.process().toHandle()),
                        process.process().descendants())
                .toList();
        long count = 0;
        for (ProcessHandle one : processes) {
            try (Stream<Path> files = Files.list(Path.of("/proc", String.valueOf(one.pid()), "fd"))) {
                count += files.count();
            }
        }
        return count;
    }

    /// Ends the back end as SIGKILL does: it cannot clean up.
    void kill() {
        process.close();
    }

    /// Starts the same command again after [#kill] and waits until it accepts connections.
    void restart() throws IOException {
        process = OwnedProcess.start(command);
        output = process.readOutput();
        awaitListening();
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// @return exit status
    int terminate() {
        process.process().destroy();
        if (!process.awaitEnd(LIMIT)) {
            throw new AssertionError("no end after SIGTERM:\n" + output.text());
        }
        return process.process().exitValue();
    }

    private void awaitListening() {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!accepts()) {
            if (!process.process().isAlive()) {
                throw new AssertionError("the back end ended with status "
                        + process.process().exitValue() + ":\n" + output.awaitEnd(LIMIT));
            }
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("the back end does not listen on " + socket + ":\n" + output.text());
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private boolean accepts() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
