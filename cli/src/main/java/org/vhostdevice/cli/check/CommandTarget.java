package org.vhostdevice.cli.check;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.cli.child.ChildBackEnd;
import org.vhostdevice.core.check.Target;

/// A back end that is started with a command, and again when it has ended. One thread.
final class CommandTarget implements Target, AutoCloseable {
    /// From here on an exit status of a shell means a signal.
    private static final int SIGNALS = 128;

    private final String command;
    private @Nullable ChildBackEnd running;

    CommandTarget(String command) {
        this.command = command;
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
            close();
        }
        if (running == null) {
            try {
                running = new ChildBackEnd(command);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the back end starts");
            }
        }
    }

    @Override
    public void killAndRestart() throws IOException {
        running().kill();
        close();
        ensureServing();
    }

    @Override
    public Optional<String> crash() {
        OptionalInt status = running == null ? OptionalInt.empty() : running.exitStatus();
        if (status.isEmpty() || status.getAsInt() == 0) {
            return Optional.empty();
        }
        int code = status.getAsInt();
        String how = code > SIGNALS ? "was ended by signal " + (code - SIGNALS) : "ended with status " + code;
        return Optional.of("the back end " + how);
    }

    @Override
    public Optional<Long> pid() {
        ChildBackEnd child = running();
        return Optional.of(child.peerPid() > 0 ? child.peerPid() : child.root().pid());
    }

    @Override
    public void close() throws IOException {
        if (running != null) {
            running.close();
            running = null;
        }
    }
}
