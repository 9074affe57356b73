package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;

/// A back end that was started for a measurement, with a socket path of its own. Ends with this program too.
final class ChildBackEnd implements AutoCloseable {
    /// Where a command takes the path of its socket.
    static final String PLACE = "{socket}";

    private static final Duration READY_WITHIN = Duration.ofSeconds(30);
    private static final int SAID_CHARACTERS = 1000;

    private final Path folder = Files.createTempDirectory("vhost-bench-");
    private final Path socket = folder.resolve("s");
    private final Path errors = folder.resolve("stderr");
    private final Process process;
    private final long started;
    private final Thread hook = new Thread(this::end, "vhost-bench-end");
    private final int peerPid;
    private final Duration startTime;

    /// Starts a command and returns when its socket can be connected to.
    ///
    /// @param command a single one for the shell, with a place for the socket; it stays in the foreground
    /// @throws IOException if it ends or takes too long; the message has what it wrote to standard error
    ChildBackEnd(String command) throws IOException, InterruptedException {
        started = System.nanoTime();
        process = new ProcessBuilder("sh", "-c", "exec " + command.replace(PLACE, socket.toString()))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            peerPid = awaitConnectable();
            startTime = Duration.ofNanos(System.nanoTime() - started);
        } catch (IOException | InterruptedException e) {
            close();
            throw e;
        }
    }

    private int awaitConnectable() throws IOException, InterruptedException {
        while (System.nanoTime() - started < READY_WITHIN.toNanos()) {
            if (Files.exists(socket)) {
                try (OwnedFd connection = UnixSocket.connect(socket)) {
                    return UnixSocket.peerPid(connection.number());
                } catch (ErrnoException e) {
                    if (e.errno() != Errno.ECONNREFUSED && e.errno() != Errno.ENOENT && e.errno() != Errno.EAGAIN) {
                        throw e;
                    }
                }
            }
            if (process.waitFor(1, TimeUnit.MILLISECONDS)) {
                throw explained(new IOException(
                        "the command ended with status " + process.exitValue() + " before it served its socket"));
            }
        }
        throw explained(new IOException("the command did not serve its socket within " + READY_WITHIN.toSeconds()
                + " s; has it " + PLACE + "?"));
    }

    /// Adds what the back end wrote to standard error to the message of a failure.
    IOException explained(IOException failure) throws IOException {
        String said = new String(Files.readAllBytes(errors), StandardCharsets.UTF_8).strip();
        if (said.isEmpty()) {
            return failure;
        }
        String last = said.substring(Math.max(0, said.length() - SAID_CHARACTERS));
        return new IOException(failure.getMessage() + "; it wrote: " + last, failure);
    }

    Path socket() {
        return socket;
    }

    /// The process that the command started; what it started in turn belongs to the back end.
    ProcessHandle root() {
        return process.toHandle();
    }

    /// The process that serves the socket; 0 if the host does not tell.
    int peerPid() {
        return peerPid;
    }

    /// From the start of the command to the first connection.
    Duration startTime() {
        return startTime;
    }

    /// Ends the back end and removes its files.
    @Override
    public void close() throws IOException {
        end();
        try {
            boolean _ = Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // the hook runs: it did or does the same
        }
    }

    private synchronized void end() {
        try {
            ProcessTree.end(process.toHandle());
            for (Path file : new Path[] {socket, errors, folder}) {
                boolean _ = Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.getLogger("org.vhostdevice.cli").log(System.Logger.Level.WARNING, "cannot remove " + folder, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
