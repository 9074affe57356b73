package org.vhostdevice.vsock.host;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.vsock.connection.Connection.Address;

/// A place on the host from which streams get to one port of the guest.
public final class EntrancePorts implements HostPorts {
    private final OwnedFd socket;
    private final int port;
    private final SocketIo io = new SocketIo();
    private final Acceptor acceptor;

    /// Listens at a place.
    ///
    /// @param entrance where, and for which port
    /// @return the place
    /// @throws IOException if it cannot
    public static EntrancePorts at(Entrance entrance) throws IOException {
        return new EntrancePorts(entrance.address(), entrance.port());
    }

    private EntrancePorts(SocketAddress place, int port) throws IOException {
        Places.requireThere(place);
        this.port = port;
        socket = Sockets.listen(place, SocketType.STREAM, Acceptor.BACKLOG);
        acceptor = new Acceptor(socket, this::take);
    }

    private void take(OwnedFd fd, WorkerContext context, GuestSide guest) {
        Sockets.sendAtOnce(fd.number());
        guest.connect(new SocketEnd(fd, io, SocketType.STREAM, true), port, SocketType.STREAM);
    }

    /// {@return null: guests cannot connect to an entrance}
    @Override
    public @Nullable HostEnd connect(Address wanted, SocketType type) {
        return null;
    }

    @Override
    public void attach(WorkerContext context, GuestSide guest) throws IOException {
        acceptor.attach(context, guest);
    }

    @Override
    public void detach() {
        acceptor.detach();
    }

    @Override
    public void roomChanged(boolean room) {
        acceptor.roomChanged(room);
    }

    @Override
    public void close() {
        detach();
        socket.close();
    }
}
