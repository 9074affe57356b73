package org.vhostdevice.console.end;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketFile;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;

/// A socket that listens, with its file if it has one.
public final class Acceptor implements AutoCloseable {
    private static final int BACKLOG = 16;
    private static final int OWNER_ONLY = 0600;

    private final String name;
    private final OwnedFd socket;
    private final @Nullable SocketFile file;

    private Acceptor(String name, OwnedFd socket, @Nullable SocketFile file) {
        this.name = name;
        this.socket = socket;
        this.file = file;
    }

    /// Listens. The file of a Unix socket is for its owner only; one that a dead process left is replaced.
    ///
    /// @param address where
    /// @return a socket that listens
    /// @throws IOException with a message for the user
    public static Acceptor listen(SocketAddress address) throws IOException {
        if (address instanceof SocketAddress.Unix(var path)) {
            SocketFile file =
                    SocketFile.listen(path, SocketType.STREAM, new SocketFile.Access(OWNER_ONLY, null), BACKLOG);
            return new Acceptor(address.toString(), file.socket(), file);
        }
        return new Acceptor(address.toString(), Sockets.listen(address, SocketType.STREAM, BACKLOG), null);
    }

    String name() {
        return name;
    }

    int fd() {
        return socket.number();
    }

    /// Takes one client that waits.
    ///
    /// @return null if nobody does
    @Nullable
    OwnedFd accept() throws IOException {
        OwnedFd client = Sockets.accept(socket.number());
        if (client != null) {
            Sockets.sendAtOnce(client.number());
        }
        return client;
    }

    @Override
    public void close() {
        try {
            if (file != null) {
                file.remove();
            }
        } catch (IOException e) {
            new LogOnce(name).failed(e);
        } finally {
            socket.close();
        }
    }
}
