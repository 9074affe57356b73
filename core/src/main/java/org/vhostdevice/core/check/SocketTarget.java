package org.vhostdevice.core.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// A back end that somebody else has started.
///
/// @param socket what it serves
/// @param pid    the number of its process, if known
public record SocketTarget(Path socket, Optional<Long> pid) implements Target {
    @Override
    public boolean restartable() {
        return false;
    }

    @Override
    public void ensureServing() {
        // It is somebody else's.
    }

    @Override
    public void killAndRestart() throws IOException {
        throw new IOException("the back end was not started here");
    }

    @Override
    public Optional<String> end() {
        return Optional.empty();
    }

    @Override
    public Optional<String> crash() {
        return Optional.empty();
    }
}
