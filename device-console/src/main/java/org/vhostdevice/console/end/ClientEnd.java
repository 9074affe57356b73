package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines.Deadline;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;

/// A connection to a server on the host. When there is none, it is tried again and again, and output is gone.
public final class ClientEnd implements HostEnd, Watcher {
    private final SocketAddress address;
    private final long retryNanos;
    private final LogOnce log;
    private final Deadline retry = new Deadline(this::connect);
    private final SocketIo io = new SocketIo();
    private @Nullable EndContext context; // from the start on
    private @Nullable EndEvents events; // likewise
    private @Nullable Connection connection; // also while it is being made
    private boolean connected;
    private boolean wanted;
    private boolean idle; // input waits that nobody wants yet
    private boolean hungUp; // nothing comes behind what waits
    private boolean guestOpen;
    private boolean stuck; // the server has taken too little
    private final Stall stall;

    /// Makes an end.
    ///
    /// @param address of the server
    /// @param retryNanos after which a connection is tried again
    /// @param stallNanos after which a server is given up that takes nothing; 0 for never
    public ClientEnd(SocketAddress address, long retryNanos, long stallNanos) {
        this.stall = new Stall(stallNanos, this::giveUp);
        this.address = address;
        this.retryNanos = retryNanos;
        this.log = new LogOnce(address.toString());
    }

    @Override
    public void start(EndContext newContext, EndEvents newEvents) {
        context = newContext;
        events = newEvents;
        connect();
    }

    private void connect() {
        EndContext loop = context;
        if (loop == null || connection != null) {
            return;
        }
        try {
            Sockets.Attempt attempt = Sockets.connect(address, SocketType.STREAM);
            Connection made = new Connection(attempt.fd(), io, log, TelnetMode.OFF, (_, _) -> {});
            Sockets.sendAtOnce(made.fd());
            try {
                loop.watch(made.fd(), Watcher.WRITE, this);
            } catch (IOException e) {
                made.close();
                throw e;
            }
            connection = made;
            if (attempt.done()) {
                connected();
            }
        } catch (IOException e) {
            later(e);
        }
    }

    private void later(IOException cause) {
        log.failed(cause);
        retryLater();
    }

    private void retryLater() {
        if (context != null) {
            context.deadlines().set(retry, retryNanos);
        }
    }

    private void connected() {
        connected = true;
        log.worked();
        log.tell("connected");
        rewatch();
        if (events != null) {
            events.opened();
        }
    }

    @Override
    public void ready(int what) {
        Connection there = connection;
        if (there == null) {
            return;
        }
        if (!connected) {
            finish(there);
            return;
        }
        hungUp |= (what & HANGUP) != 0;
        if ((what & (READ | HANGUP)) != 0 && events != null) {
            idle = !wanted;
            events.readable();
            rewatch();
            leaveUnheard();
        }
        if (stuck && (what & (WRITE | HANGUP)) != 0 && events != null) {
            stuck = false;
            stall.free();
            rewatch();
            events.writable();
        }
    }

    /// Does not wait for somebody who would hear the rest of a server that has gone.
    private void leaveUnheard() {
        if (connected && hungUp && !guestOpen) {
            gone();
        }
    }

    @Override
    public void guestOpened(boolean open) {
        guestOpen = open;
        leaveUnheard();
    }

    private void finish(Connection there) {
        try {
            Sockets.requireConnected(there.fd());
            connected();
        } catch (IOException e) {
            drop();
            later(e);
        }
    }

    private void rewatch() {
        Connection there = connection;
        if (context != null && there != null && connected) {
            int reading = wanted ? READ | HANGUP : idle ? 0 : HANGUP;
            context.rewatch(there.fd(), reading | (stuck ? WRITE : 0));
        }
    }

    private void drop() {
        Connection there = connection;
        connection = null;
        connected = false;
        stuck = false;
        stall.free();
        idle = false;
        hungUp = false;
        if (there != null) {
            if (context != null) {
                context.unwatch(there.fd());
            }
            there.close();
        }
    }

    private void gone() {
        drop();
        log.tell("the connection has ended");
        retryLater();
        if (events != null) {
            events.closed();
        }
    }

    private void giveUp() {
        if (connected) {
            gone();
        }
    }

    @Override
    public long write(Output output) {
        Connection there = connection;
        long length = output.length();
        if (there == null || !connected) {
            return length;
        }
        long taken = there.send(output);
        if (there.isBroken()) {
            gone();
            return length;
        }
        if (taken < length) {
            stuck = true;
            stall.stuck(taken, context);
            rewatch();
        }
        return taken;
    }

    @Override
    public int read(MemorySegment into) {
        Connection there = connection;
        if (there == null || !connected) {
            return 0;
        }
        idle = false;
        int n = there.receive(into);
        if (n == Connection.ENDED) {
            gone();
        }
        return Math.max(0, n);
    }

    @Override
    public void wantInput(boolean now) {
        wanted = now;
        idle = false;
        rewatch();
    }

    @Override
    public void close() {
        drop();
        if (context != null) {
            context.deadlines().clear(retry);
        }
        context = null;
        events = null;
    }
}
