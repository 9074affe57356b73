package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.time.Duration;

/// Somebody at the host's end of a connection, with a thread of its own until the connection ends.
public final class HostPeer {
    private static final int CHUNK = 64 << 10;
    private static final Duration LONG = Duration.ofHours(1);

    /// What it does with the connection.
    public enum Role {
        /// Reads all that comes.
        SINK,
        /// Writes all the time.
        SOURCE,
        /// Writes back what comes.
        ECHO
    }

    private final HostSocket socket;
    private final Role role;

    private HostPeer(HostSocket socket, Role role) {
        this.socket = socket;
        this.role = role;
    }

    /// Begins. The thread ends with the connection, which the caller closes.
    ///
    /// @param socket the host's end
    /// @param role   what to do
    public static void start(HostSocket socket, Role role) {
        var peer = new HostPeer(socket, role);
        Thread _ = Thread.ofPlatform().daemon().name("vhost-load-host").start(peer::run);
    }

    private void run() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
        try {
            while (step(buffer)) {
                // until the end
            }
        } catch (IOException | ClosedSelectorException e) {
            // The connection is gone: the guest's end finds out.
        }
    }

    private boolean step(ByteBuffer buffer) throws IOException {
        buffer.clear();
        if (role != Role.SOURCE) {
            int n = socket.read(buffer, LONG);
            buffer.flip();
            if (n < 0 || role == Role.SINK) {
                return n >= 0;
            }
        }
        socket.write(buffer);
        return true;
    }
}
