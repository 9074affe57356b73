package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines.Deadline;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Sockets;

/// Accepts those who want to connect to the guest by a listening socket, one at a time, while there is a guest and room
/// for them; the others wait in the host's queue.
final class Acceptor {
    /// How many may wait.
    static final int BACKLOG = 1024;

    private static final Logger LOGGER = System.getLogger(Acceptor.class.getName());
    private static final long RETRY_NANOS = 1_000_000_000;

    private final OwnedFd socket;
    private final Taker taker;
    private final Deadline retry = new Deadline(this::listen);
    private @Nullable WorkerContext context;
    private @Nullable GuestSide guest;

    /// Takes those who have connected.
    @FunctionalInterface
    interface Taker {
        /// Takes one.
        ///
        /// @param fd his socket
        /// @param context of a queue of the guest
        /// @param guest whom he wants
        /// @throws IOException if the host lacks something
        void take(OwnedFd fd, WorkerContext context, GuestSide guest) throws IOException;
    }

    /// @param socket listens, and stays the caller's
    Acceptor(OwnedFd socket, Taker taker) {
        this.socket = socket;
        this.taker = taker;
    }

    void attach(WorkerContext newContext, GuestSide newGuest) throws IOException {
        newContext.watch(socket.number(), newGuest.hasRoom() ? Watcher.READ : 0, _ -> accept());
        context = newContext;
        guest = newGuest;
    }

    void detach() {
        if (context != null && guest != null) {
            context.unwatch(socket.number());
            guest.deadlines().clear(retry);
            context = null;
            guest = null;
        }
    }

    void roomChanged(boolean room) {
        if (context != null) {
            try {
                context.rewatch(socket.number(), room ? Watcher.READ : 0);
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
            OwnedFd fd = Sockets.accept(socket.number());
            if (fd != null) {
                taker.take(fd, context, guest);
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
                context.rewatch(socket.number(), 0);
            } catch (IOException e) {
                LOGGER.log(Level.DEBUG, "still watched", e);
            }
        }
    }
}
