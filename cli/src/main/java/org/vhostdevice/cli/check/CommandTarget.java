package org.vhostdevice.cli.check;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.cli.child.ChildBackEnd;
import org.vhostdevice.core.check.Target;
import org.vhostdevice.core.sys.ServiceManager;

/// A back end that is started with a command, and again when it has ended. One thread.
final class CommandTarget implements Target, AutoCloseable {
    /// From here on an exit status of a shell means a signal.
    private static final int SIGNALS = 128;

    /// A back end that ends when its front end leaves does so in this time.
    private static final Duration ENDS_WITHIN = Duration.ofMillis(200);

    private final String command;
    private final Optional<String> resize;
    private @Nullable ChildBackEnd running;
    private Optional<String> crash = Optional.empty();

    /// A back end that is not started yet.
    ///
    /// @param command for the shell, with a place for the socket
    /// @param resize  a command that changes the size of the medium, if there is one
    CommandTarget(String command, Optional<String> resize) {
        this.command = command;
        this.resize = resize;
    }

    private ChildBackEnd running() {
        if (running == null) {
            throw new IllegalStateException("not started");
        }
        return running;
    }

    @Override
    public Path socket() {
        return running().socket();
    }

    @Override
    public boolean restartable() {
        return true;
    }

    @Override
    public void ensureServing() throws IOException {
        if (running != null && running.exitStatus().isPresent()) {
            crash = failure();
            close();
        }
        if (running == null) {
            try {
                running = new ChildBackEnd(command);
            } catch (InterruptedException e) {
                throw interrupted("starts");
            }
        }
    }

    @Override
    public boolean pause() throws IOException {
        try {
            return running().pause();
        } catch (InterruptedException e) {
            throw interrupted("stands still");
        }
    }

    @Override
    public void killAndRestart() throws IOException {
        running().kill();
        close();
        crash = Optional.empty();
        ensureServing();
    }

    @Override
    public Optional<String> end() throws IOException {
        try {
            return words(running().exitStatus(ENDS_WITHIN));
        } catch (InterruptedException e) {
            throw interrupted("may end");
        }
    }

    @Override
    public boolean resize() throws IOException {
        if (resize.isEmpty()) {
            return false;
        }
        Process process = ServiceManager.child(List.of("sh", "-c", resize.get()))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException("the command of --resize ended with status " + status);
            }
            return true;
        } catch (InterruptedException e) {
            boolean _ = process.destroyForcibly().isAlive();
            throw interrupted("has its medium changed");
        }
    }

    private static IOException interrupted(String what) {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted while the back end " + what);
    }

    @Override
    public Optional<String> crash() {
        Optional<String> earlier = crash;
        crash = Optional.empty();
        return earlier.isPresent() ? earlier : failure();
    }

    private Optional<String> failure() {
        OptionalInt status = running == null ? OptionalInt.empty() : running.exitStatus();
        return status.orElse(0) == 0 ? Optional.empty() : words(status);
    }

    private static Optional<String> words(OptionalInt status) {
        if (status.isEmpty()) {
            return Optional.empty();
        }
        int code = status.getAsInt();
        String how = code > SIGNALS ? "was ended by signal " + (code - SIGNALS) : "ended with status " + code;
        return Optional.of("the back end " + how);
    }

    @Override
    public Optional<Long> pid() {
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        if (running != null) {
            running.close();
            running = null;
        }
    }
}
