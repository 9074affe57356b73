package org.vhostdevice.core.transport;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.SocketFile;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.sys.Wakeup;

/// Waits for front ends at an end point.
///
/// One thread accepts, serves the connections and closes; any thread may [#stop()].
public final class VhostUserListener implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(VhostUserListener.class.getName());
    private static final long RETRY_MILLIS = 1000;
    private static final int BACKLOG = 16;

    private final Wakeup stop;
    private final @Nullable SocketFile file;

    /// The listening socket; null when the end point is a connection, from the moment when it is handed out.
    private @Nullable OwnedFd socket;

    private final boolean listening;

    private VhostUserListener(Wakeup stop, OwnedFd socket, boolean listening, @Nullable SocketFile file) {
        this.stop = stop;
        this.socket = socket;
        this.listening = listening;
        this.file = file;
    }

    /// Opens an end point: once this returns, front ends can connect.
    ///
    /// @param endpoint where
    /// @return the listener
    /// @throws IOException when it cannot be used, with a message for the user
    public static VhostUserListener open(Endpoint endpoint) throws IOException {
        Wakeup stop = Wakeup.create();
        try {
            return switch (endpoint) {
                case Endpoint.Listen listen -> {
                    var access = new SocketFile.Access(listen.mode(), listen.group());
                    SocketFile file = SocketFile.listen(listen.path(), SocketType.STREAM, access, BACKLOG);
                    yield new VhostUserListener(stop, file.socket(), true, file);
                }
                case Endpoint.Inherited(int fd) -> {
                    OwnedFd socket = UnixSocket.adopt(fd);
                    yield new VhostUserListener(stop, socket, UnixSocket.isListening(fd), null);
                }
            };
        } catch (Throwable e) {
            stop.close();
            throw e;
        }
    }

    /// Waits for the next front end. An end point that is a connection gives that one once.
    ///
    /// @return the connection, which the caller closes before it closes this; null when there will be no other:
    ///     after [#stop()], or when the only connection was handed out
    /// @throws ErrnoException when the host fails, other than for lack of descriptors or memory: then it tries
    ///     again every second
    public @Nullable VhostUserConnection accept() throws ErrnoException {
        OwnedFd source = socket;
        if (source == null) {
            return null;
        }
        OwnedFd peer = source;
        if (listening) {
            peer = acceptPatiently(source);
        } else {
            socket = null;
        }
        return peer == null ? null : new VhostUserConnection(peer, stop.fd());
    }

    private @Nullable OwnedFd acceptPatiently(OwnedFd source) throws ErrnoException {
        while (true) {
            try {
                return UnixSocket.accept(source.number(), stop.fd());
            } catch (ErrnoException e) {
                switch (e.errno()) {
                    case EMFILE, ENFILE, ENOMEM, ENOBUFS -> LOGGER.log(Level.WARNING, e.getMessage());
                    default -> throw e;
                }
            }
            if (UnixSocket.poll(stop.fd(), Poller.READ, RETRY_MILLIS) != 0) {
                return null;
            }
        }
    }

    /// The socket, for a program that takes this one's place.
    ///
    /// @return its number, for [Endpoint.Inherited]
    public int number() {
        return Objects.requireNonNull(socket).number();
    }

    /// Ends the wait of [#accept()] and every wait on the connections made here, now and in future.
    public void stop() {
        stop.wake();
    }

    /// Stops listening, and removes the socket file unless another one has taken its place.
    ///
    /// @throws IOException when the file cannot be removed
    @Override
    public void close() throws IOException {
        OwnedFd last = socket;
        socket = null;
        try (stop) {
            if (file != null) {
                file.remove();
            }
        } finally {
            if (last != null) {
                last.close();
            }
        }
    }
}
