package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketFile;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.vsock.connection.Deadlines;

/// Accepts those who want to connect to the guest by a Unix socket, one at a time, while there is a guest and room
/// for them; the others wait in the host's queue.
final class UnixListener {
    /// How many may wait.
    static final int BACKLOG = 1024;

    private static final Logger LOGGER = System.getLogger(UnixListener.class.getName());
    private static final long RETRY_NANOS = 1_000_000_000;

    private final SocketFile file;
    private final SocketIo io;
    private final SocketType type;
    private final Set<UnixCaller> callers = new HashSet<>();
    private final Deadlines.Deadline retry = new Deadlines.Deadline() {
        @Override
        protected void expired() {
            listen();
        }
    };
    private @Nullable WorkerContext context;
    private @Nullable GuestSide guest;

    UnixListener(SocketFile file, SocketIo io, SocketType type) {
        this.file = file;
        this.io = io;
        this.type = type;
    }

    private int fd() {
        return file.socket().number();
    }

    void attach(WorkerContext newContext, GuestSide newGuest) throws IOException {
        newContext.watch(fd(), newGuest.hasRoom() ? Watcher.READ : 0, _ -> accept());
        context = newContext;
        guest = newGuest;
        for (UnixCaller caller : callers) {
            caller.attach(newContext, newGuest);
        }
    }

    void detach() {
        if (context != null && guest != null) {
            context.unwatch(fd());
            guest.deadlines().clear(retry);
            callers.forEach(UnixCaller::detach);
            context = null;
            guest = null;
        }
    }

    void roomChanged(boolean room) {
        if (context != null) {
            try {
                context.rewatch(fd(), room ? Watcher.READ : 0);
            } catch (IOException e) {
                pause(e);
            }
        }
    }

    private void listen() {
        roomChanged(guest != null && guest.hasRoom());
    }

    private void accept() {
        if (context == null || guest == null) {
            return;
        }
        try {
            OwnedFd fd = Sockets.accept(fd());
            if (fd != null) {
                var caller = new UnixCaller(fd, io, type, callers::remove);
                callers.add(caller);
                guest.callerCame();
                caller.attach(context, guest);
            }
        } catch (IOException e) {
            pause(e);
        }
    }

    /// The host lacks something: those who wait are accepted later.
    private void pause(IOException cause) {
        LOGGER.log(Level.WARNING, "nobody can connect for a moment: " + cause.getMessage());
        if (context != null && guest != null) {
            guest.deadlines().set(retry, RETRY_NANOS);
            try {
                context.rewatch(fd(), 0);
            } catch (IOException e) {
                LOGGER.log(Level.DEBUG, "still watched", e);
            }
        }
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
