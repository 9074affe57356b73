package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.vsock.connection.Connection.Address;

/// Ports as the guest sees them that are elsewhere on the host's side.
public final class ForwardingPorts implements HostPorts {
    private final Route route;
    private final SocketIo io = new SocketIo();

    /// Where connections of the guest get.
    @FunctionalInterface
    private interface Route {
        @Nullable
        SocketAddress to(long cid, int port);
    }

    private ForwardingPorts(Route route) {
        this.route = route;
    }

    /// Some ports of the host.
    ///
    /// @param forwards of which none has the port of another
    /// @return the ports
    /// @throws IOException if no host has a name
    public static ForwardingPorts of(Iterable<Forward> forwards) throws IOException {
        Map<Integer, SocketAddress> places = new HashMap<>();
        for (Forward forward : forwards) {
            SocketAddress _ = places.put(forward.port(), forward.address());
        }
        return new ForwardingPorts((cid, port) -> cid == GuestSide.HOST_CID ? places.get(port) : null);
    }

    /// All ports of all context ids, at one context id as this host sees it.
    ///
    /// @param cid context id
    /// @return the ports
    /// @throws IOException if this host has no such sockets
    public static ForwardingPorts vsock(int cid) throws IOException {
        Places.requireThere(new SocketAddress.Vsock(cid, 0));
        return new ForwardingPorts((_, port) -> new SocketAddress.Vsock(cid, port));
    }

    @Override
    public @Nullable HostEnd connect(Address wanted, SocketType type) throws IOException {
        SocketAddress place = route.to(wanted.hostCid(), wanted.hostPort());
        if (place == null || !Sockets.areThere(place, type)) {
            return null;
        }
        Sockets.Attempt attempt = Sockets.connect(place, type);
        OwnedFd fd = attempt.fd();
        Sockets.sendAtOnce(fd.number());
        return new SocketEnd(fd, io, type, attempt.done());
    }

    @Override
    public void attach(WorkerContext context, GuestSide guest) {
        // Nobody connects to the guest from here.
    }

    @Override
    public void detach() {
        // Nobody waits.
    }

    @Override
    public void roomChanged(boolean room) {
        // Nobody waits.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
