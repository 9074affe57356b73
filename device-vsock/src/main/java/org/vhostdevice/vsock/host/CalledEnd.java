package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.UnixSocket;

/// The end of a guest that another guest has called ([CallingEnd]).
final class CalledEnd extends SocketEnd {
    private static final MemorySegment GRANTED = Arena.global().allocate(1);

    private final OwnedFd fd;

    CalledEnd(OwnedFd fd, SocketIo io, SocketType type) {
        super(fd, io, type, true);
        this.fd = fd;
    }

    /// The first byte always has room.
    @Override
    public void granted(int hostPort) throws IOException {
        int _ = UnixSocket.trySend(fd.number(), GRANTED, List.of());
    }
}
