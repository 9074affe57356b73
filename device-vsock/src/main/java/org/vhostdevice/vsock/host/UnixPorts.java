package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketFile;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.vsock.connection.Connection.Address;

/// Unix sockets as the ports of the host: a guest that connects to port P reaches whoever listens at `PATH_P`. Who
/// connects to the path itself and writes a [ConnectLine] reaches a port of the guest, and is told `OK` and the
/// port by which the guest knows him. Where the host has sockets that keep messages, `PATH.seqpacket` is for those:
/// the line is a message then, and so is its answer.
public final class UnixPorts implements HostPorts {
    /// What the path of sockets that keep messages has more.
    public static final String SEQPACKET_SUFFIX = ".seqpacket";

    private static final Logger LOGGER = System.getLogger(UnixPorts.class.getName());
    private static final SocketFile.Access OWNER_ONLY = new SocketFile.Access(0600, null);

    private final Path path;
    private final SocketIo io = new SocketIo();
    private final List<UnixListener> listeners = new ArrayList<>();

    /// Listens at a path.
    ///
    /// @param path of the socket files
    /// @throws IOException if it cannot, with a message for the user
    public UnixPorts(Path path) throws IOException {
        this.path = path;
        try {
            listen(path, SocketType.STREAM);
            if (Capability.UNIX_SEQPACKET.available()) {
                listen(Path.of(path + SEQPACKET_SUFFIX), SocketType.SEQPACKET);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /// The longest path, which leaves room for what is appended to it.
    ///
    /// @return bytes
    public static int maxPathBytes() {
        return UnixSocket.maxPathBytes() - "_4294967295".length();
    }

    private void listen(Path file, SocketType type) throws IOException {
        SocketFile made = SocketFile.listen(file, type, OWNER_ONLY, Acceptor.BACKLOG);
        listeners.add(new UnixListener(made, io, type));
    }

    @Override
    public @Nullable HostEnd connect(Address wanted, SocketType type) throws IOException {
        if (wanted.hostCid() != GuestSide.HOST_CID) {
            return null;
        }
        SocketAddress address =
                new SocketAddress.Unix(Path.of(path + "_" + Integer.toUnsignedString(wanted.hostPort())));
        if (!Sockets.areThere(address, type)) {
            throw new IOException("this host has no such sockets");
        }
        Sockets.Attempt attempt = Sockets.connect(address, type);
        OwnedFd fd = attempt.fd();
        return new SocketEnd(fd, io, type, attempt.done());
    }

    @Override
    public void attach(WorkerContext context, GuestSide guest) throws IOException {
        for (UnixListener listener : listeners) {
            listener.attach(context, guest);
        }
    }

    @Override
    public void detach() {
        listeners.forEach(UnixListener::detach);
    }

    @Override
    public void roomChanged(boolean room) {
        listeners.forEach(listener -> listener.roomChanged(room));
    }

    @Override
    public void close() {
        for (UnixListener listener : listeners) {
            try {
                listener.close();
            } catch (IOException e) {
                LOGGER.log(Level.WARNING, "cannot remove a socket file: " + e.getMessage());
            }
        }
    }
}
