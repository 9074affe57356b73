package org.vhostdevice.cli.child;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.ServiceManager;
import org.vhostdevice.core.sys.UnixSocket;

/// A back end that a command has started, with a socket path of its own. Ends with this program too.
public final class ChildBackEnd implements AutoCloseable {
    /// Where a command takes the path of its socket.
    public static final String PLACE = "{socket}";

    private static final Duration READY_WITHIN = Duration.ofSeconds(30);
    /// Where Linux lists all Unix sockets, with their flags and paths.
    private static final Path SOCKETS = Path.of("/proc/net/unix");

    /// The flag of a socket that listens, with what is around it.
    private static final String LISTENS = " 00010000 ";

    private static final int SAID_CHARACTERS = 1000;

    private final Path folder = Files.createTempDirectory("vhost-child-");
    private final Path socket = folder.resolve("s");
    private final Path errors = folder.resolve("stderr");
    private final Process process;
    private final long started;
    private final Thread hook = new Thread(this::end, "vhost-child-end");
    private final Duration startTime;

    /// Starts a command and returns when its socket can be connected to.
    ///
    /// @param command a single one for the shell, with a place for the socket; it stays in the foreground
    /// @throws IOException if it ends or takes too long; the message has what it wrote to standard error
    /// @throws InterruptedException if this thread is interrupted; nothing is left then
    public ChildBackEnd(String command) throws IOException, InterruptedException {
        started = System.nanoTime();
        process = ServiceManager.child(List.of("sh", "-c", "exec " + command.replace(PLACE, socket.toString())))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            awaitListening();
            startTime = Duration.ofNanos(System.nanoTime() - started);
        } catch (IOException | InterruptedException e) {
            close();
            throw e;
        }
    }

    private void awaitListening() throws IOException, InterruptedException {
        while (!listens()) {
            if (process.waitFor(1, TimeUnit.MILLISECONDS)) {
                throw explained(new IOException(
                        "the command ended with status " + process.exitValue() + " before it served its socket"));
            }
            if (System.nanoTime() - started > READY_WITHIN.toNanos()) {
                throw explained(new IOException("the command did not serve its socket within "
                        + READY_WITHIN.toSeconds() + " s; has it " + PLACE + "?"));
            }
        }
    }

    /// Whether the socket can be connected to. Where the host tells, no connection is made: some back ends end with
    /// their first one.
    private boolean listens() throws IOException {
        if (!Files.exists(socket)) {
            return false;
        }
        return Files.isReadable(SOCKETS) ? isListed() : peer() >= 0;
    }

    private boolean isListed() throws IOException {
        String place = "/" + folder.getFileName() + "/" + socket.getFileName();
        try (Stream<String> lines = Files.lines(SOCKETS, StandardCharsets.ISO_8859_1)) {
            return lines.anyMatch(line -> line.endsWith(place) && line.contains(LISTENS));
        }
    }

    /// Connects, and tells the process at the other end; -1 if nobody listens.
    private int peer() throws IOException {
        try (OwnedFd connection = UnixSocket.connect(socket)) {
            return UnixSocket.peerPid(connection.number());
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ECONNREFUSED && e.errno() != Errno.ENOENT && e.errno() != Errno.EAGAIN) {
                throw e;
            }
            return -1;
        }
    }

    /// Adds what the back end wrote to standard error to the message of a failure.
    ///
    /// @param failure of which the back end may know the cause
    /// @return the failure to be thrown
    /// @throws IOException if what it wrote cannot be read
    public IOException explained(IOException failure) throws IOException {
        String said = new String(Files.readAllBytes(errors), StandardCharsets.UTF_8).strip();
        if (said.isEmpty()) {
            return failure;
        }
        String last = said.substring(Math.max(0, said.length() - SAID_CHARACTERS));
        return new IOException(failure.getMessage() + "; it wrote: " + last, failure);
    }

    /// {@return the path of its socket}
    public Path socket() {
        return socket;
    }

    /// {@return the process that the command started; what it started in turn belongs to the back end}
    public ProcessHandle root() {
        return process.toHandle();
    }

    /// Asks who serves the socket, by a connection.
    ///
    /// @return the process; 0 if the host does not tell
    /// @throws IOException if nobody can be asked
    public int peerPid() throws IOException {
        return Math.max(0, peer());
    }

    /// {@return the time from the start of the command to the first connection}
    public Duration startTime() {
        return startTime;
    }

    /// {@return the exit status of the command if it has ended, as shells count it: from 128 on for signals}
    public OptionalInt exitStatus() {
        return process.isAlive() ? OptionalInt.empty() : OptionalInt.of(process.exitValue());
    }

    /// As [#exitStatus()], and waits for it.
    ///
    /// @param within how long to wait
    /// @return the exit status of the command if it has ended by then
    /// @throws InterruptedException if this thread is interrupted meanwhile
    public OptionalInt exitStatus(Duration within) throws InterruptedException {
        boolean _ = process.waitFor(within);
        return exitStatus();
    }

    /// Lets the back end stand still, until [#kill].
    ///
    /// @return whether it does
    /// @throws IOException if it cannot be told
    /// @throws InterruptedException if this thread is interrupted meanwhile
    public boolean pause() throws IOException, InterruptedException {
        return ProcessTree.pause(process.toHandle());
    }

    /// Ends the back end as SIGKILL does: it cannot clean up.
    public void kill() {
        ProcessTree.kill(process.toHandle());
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
        if (Files.notExists(folder)) {
            return;
        }
        try {
            ProcessTree.end(process.toHandle());
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    boolean _ = Files.deleteIfExists(file);
                }
            }
            boolean _ = Files.deleteIfExists(folder);
        } catch (IOException e) {
            System.getLogger("org.vhostdevice.cli").log(System.Logger.Level.WARNING, "cannot remove " + folder, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
