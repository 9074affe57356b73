package org.vhostdevice.vsock.host;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;

/// A socket of any kind as the host's end.
public class SocketEnd implements HostEnd {
    private final OwnedFd fd;
    private final SocketIo io;
    private final SocketType type;
    private boolean connected;
    private @Nullable WorkerContext context;

    /// Takes over a socket.
    ///
    /// @param fd of it, non-blocking; closed by [#close]
    /// @param io moves bytes of all sockets of a guest
    /// @param type of the socket
    /// @param connected whether it is connected already
    public SocketEnd(OwnedFd fd, SocketIo io, SocketType type, boolean connected) {
        this.fd = fd;
        this.io = io;
        this.type = type;
        this.connected = connected;
    }

    @Override
    public final void attach(WorkerContext newContext, Watcher watcher) throws IOException {
        newContext.watch(fd.number(), 0, watcher);
        context = newContext;
    }

    @Override
    public final void detach() {
        WorkerContext last = context;
        if (last != null) {
            context = null;
            last.unwatch(fd.number());
        }
    }

    @Override
    public final void interest(int interest) throws IOException {
        if (context != null) {
            context.rewatch(fd.number(), interest);
        }
    }

    @Override
    public final boolean isConnected() {
        return connected;
    }

    @Override
    public final void requireConnected() throws IOException {
        Sockets.requireConnected(fd.number());
        connected = true;
    }

    @Override
    public final long receive(IoVecs into) throws IOException {
        long n = io.receive(fd.number(), into.segment(), into.count());
        if (type == SocketType.SEQPACKET && n > 0 && io.wasCut()) {
            throw new ErrnoException("recvmsg", Errno.EMSGSIZE.number());
        }
        return n;
    }

    @Override
    public final boolean endedRecord() {
        return io.endedRecord();
    }

    @Override
    public final long send(IoVecs from, boolean endsRecord) throws IOException {
        return io.send(fd.number(), from.segment(), from.count(), endsRecord);
    }

    @Override
    public final void shutdown(boolean sends, boolean receives) {
        if (!sends) {
            Sockets.shutdownSending(fd.number());
        }
        if (!receives) {
            Sockets.shutdownReceiving(fd.number());
        }
    }

    @Override
    public final void close() {
        detach();
        fd.close();
    }
}
