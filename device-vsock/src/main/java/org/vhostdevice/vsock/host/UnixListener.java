package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketFile;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;

/// A Unix socket by which others connect to the guest, with those who have not said yet which port they want.
final class UnixListener {
    private final SocketFile file;
    private final SocketIo io;
    private final SocketType type;
    private final Acceptor acceptor;
    private final Set<UnixCaller> callers = new HashSet<>();

    UnixListener(SocketFile file, SocketIo io, SocketType type) {
        this.file = file;
        this.io = io;
        this.type = type;
        this.acceptor = new Acceptor(file.socket(), this::take);
    }

    void attach(WorkerContext context, GuestSide guest) throws IOException {
        acceptor.attach(context, guest);
        for (UnixCaller caller : callers) {
            caller.attach(context, guest);
        }
    }

    void detach() {
        acceptor.detach();
        callers.forEach(UnixCaller::detach);
    }

    void roomChanged(boolean room) {
        acceptor.roomChanged(room);
    }

    private void take(OwnedFd fd, WorkerContext context, GuestSide guest) throws IOException {
        var caller = new UnixCaller(fd, io, type, callers::remove);
        boolean _ = callers.add(caller);
        guest.callerCame();
        caller.attach(context, guest);
    }

    void close() throws IOException {
        detach();
        Set.copyOf(callers).forEach(UnixCaller::close);
        try {
            file.remove();
        } finally {
            file.socket().close();
        }
    }
}
