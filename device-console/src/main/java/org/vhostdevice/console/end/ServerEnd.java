package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines.Deadline;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketIo;

/// A socket that clients connect to. The first one reads and writes; others see the output, from the scrollback on, and
/// what they send is dropped. When the first one leaves, the next takes its place.
///
/// The guest waits for the first client only. Another one that does not read loses the oldest output, and goes on doing
/// so
/// as the first one until it has read all that there was. Without clients output is gone but for the scrollback.
public final class ServerEnd implements HostEnd {
    /// The most clients at a time; further ones are turned away.
    public static final int MOST_VIEWERS = 16;

    private static final int MIRROR_BYTES = 64 << 10;
    private static final int UNHEARD_BYTES = 1024;
    private static final long PAUSE_NANOS = 1_000_000_000;

    private final Acceptor acceptor;
    private final TelnetMode telnet;
    private final int scrollback;
    private final LogOnce log;
    private final SocketIo io = new SocketIo();
    private final List<Viewer> viewers = new ArrayList<>();
    private @Nullable ByteRing history; // while somebody may need it
    private @Nullable EndContext context; // from the start on
    private @Nullable EndEvents events; // likewise
    private boolean wanted;
    private boolean guestOpen;
    private boolean stuck; // the first client has taken too little
    private final Stall stall;
    private final Deadline pause = new Deadline(this::listen);
    private final MemorySegment unheard = Arena.ofAuto().allocate(UNHEARD_BYTES);

    /// Makes an end.
    ///
    /// @param acceptor listens; closed with the end
    /// @param telnet whether clients speak telnet
    /// @param scrollback the most bytes of older output that a new client gets, 0 or more
    /// @param stallNanos after which the first client is given up that takes nothing; 0 for never
    public ServerEnd(Acceptor acceptor, TelnetMode telnet, int scrollback, long stallNanos) {
        this.stall = new Stall(stallNanos, this::giveUpFirst);
        this.acceptor = acceptor;
        this.telnet = telnet;
        this.scrollback = scrollback;
        this.log = new LogOnce(acceptor.name());
        if (scrollback > 0) {
            history = new ByteRing(Math.max(scrollback, MIRROR_BYTES));
        }
    }

    /// A client.
    private final class Viewer implements Watcher {
        private final Connection connection;
        private @Nullable RingOutput behind; // once there is a history
        private boolean leads; // the guest waits for it, if it is the first
        private boolean idle; // input waits that nobody wants yet
        private boolean hungUp; // nothing comes behind what waits

        Viewer(Connection connection, boolean leads) {
            this.connection = connection;
            this.leads = leads;
        }

        boolean isFirst() {
            return viewers.getFirst() == this;
        }

        /// Sends what it has not got of the history.
        ///
        /// @return whether it has all
        boolean catchUp() {
            RingOutput rest = behind;
            if (rest == null) {
                return connection.flush();
            }
            while (!connection.isBroken() && rest.any()) {
                long length = rest.length();
                long sent = connection.send(rest);
                rest.advance(sent);
                if (sent < length) {
                    return false;
                }
            }
            return connection.flush();
        }

        boolean lags() {
            RingOutput rest = behind;
            return connection.hasPending() || (rest != null && rest.any());
        }

        void rewatch() {
            EndContext loop = context;
            if (loop != null) {
                int reading = isFirst() && !wanted ? (idle ? 0 : HANGUP) : READ | HANGUP;
                loop.rewatch(connection.fd(), reading | (waitsForRoom() ? WRITE : 0));
            }
        }

        private boolean waitsForRoom() {
            return lags() || (isFirst() && stuck);
        }

        @Override
        public void ready(int what) {
            hungUp |= (what & HANGUP) != 0;
            if ((what & (READ | HANGUP)) != 0) {
                hear();
            }
            if ((what & (WRITE | HANGUP)) != 0 && viewers.contains(this)) {
                room();
            }
        }

        private void hear() {
            EndEvents port = events;
            if (!isFirst()) {
                if (connection.receive(unheard) == Connection.ENDED) {
                    leave(this);
                }
                return;
            }
            idle = !wanted;
            if (port != null) {
                port.readable();
            }
            if (viewers.contains(this)) {
                rewatch();
                leaveUnheard();
            }
        }

        /// Does not wait for somebody who would hear the rest of one who has gone.
        void leaveUnheard() {
            if (hungUp && !guestOpen) {
                leave(this);
            }
        }

        private void room() {
            boolean first = isFirst();
            boolean all = catchUp();
            if (connection.isBroken()) {
                leave(this);
                return;
            }
            if (first) {
                stall.moves();
            }
            if (first && all) {
                stuck = false;
                stall.free();
            }
            rewatch();
            if (first && all && events != null) {
                events.writable();
            }
        }
    }

    @Override
    public void start(EndContext newContext, EndEvents newEvents) throws IOException {
        context = newContext;
        events = newEvents;
        newContext.watch(acceptor.fd(), Watcher.READ, _ -> accept());
    }

    private void accept() {
        try {
            for (OwnedFd client = acceptor.accept(); client != null; client = acceptor.accept()) {
                welcome(client);
            }
        } catch (IOException e) {
            log.failed(e);
            pause();
        }
    }

    /// There are too many open files: clients go on waiting for a moment.
    private void pause() {
        EndContext loop = context;
        if (loop != null) {
            loop.rewatch(acceptor.fd(), 0);
            loop.deadlines().set(pause, PAUSE_NANOS);
        }
    }

    private void listen() {
        if (context != null) {
            context.rewatch(acceptor.fd(), Watcher.READ);
        }
    }

    private void welcome(OwnedFd client) throws IOException {
        EndContext loop = context;
        EndEvents port = events;
        if (loop == null || port == null || viewers.size() == MOST_VIEWERS) {
            client.close();
            return;
        }
        int number = client.number();
        Connection connection =
                new Connection(client, io, log, telnet, (columns, rows) -> resized(number, columns, rows));
        Viewer viewer = new Viewer(connection, viewers.isEmpty());
        try {
            loop.watch(number, 0, viewer);
        } catch (IOException e) {
            client.close();
            throw e;
        }
        if (!viewers.isEmpty() || history != null) {
            viewer.behind = new RingOutput(history(), replayFrom());
        }
        boolean _ = viewers.add(viewer);
        connection.greet();
        boolean _ = viewer.catchUp();
        viewer.rewatch();
        if (viewer.isFirst()) {
            port.opened();
        }
    }

    /// The size of the first client's window is that of the terminal.
    private void resized(int fd, int columns, int rows) {
        if (events != null
                && !viewers.isEmpty()
                && viewers.getFirst().connection.fd() == fd) {
            events.resized(columns, rows);
        }
    }

    private ByteRing history() {
        ByteRing ring = history;
        if (ring == null) {
            ring = new ByteRing(MIRROR_BYTES);
            history = ring;
            for (Viewer viewer : viewers) {
                viewer.behind = new RingOutput(ring, ring.last());
            }
        }
        return ring;
    }

    private long replayFrom() {
        ByteRing ring = history();
        return Math.max(ring.first(), ring.last() - scrollback);
    }

    private void leave(Viewer viewer) {
        boolean first = viewer.isFirst();
        if (context != null) {
            context.unwatch(viewer.connection.fd());
        }
        viewer.connection.close();
        boolean _ = viewers.remove(viewer);
        if (!first) {
            return;
        }
        stuck = false;
        stall.free();
        if (!viewers.isEmpty()) {
            viewers.getFirst().rewatch();
        }
        if (events == null) {
            return;
        }
        if (viewers.isEmpty()) {
            events.closed();
        } else {
            events.writable();
        }
    }

    private void giveUpFirst() {
        if (!viewers.isEmpty()) {
            log.tell("a client takes nothing and is given up");
            leave(viewers.getFirst());
        }
    }

    @Override
    public long write(Output output) {
        long length = output.length();
        while (!viewers.isEmpty()) {
            Viewer first = viewers.getFirst();
            boolean caughtUp = first.catchUp();
            first.leads |= caughtUp;
            long taken = caughtUp ? first.connection.send(output) : first.leads ? 0 : length;
            if (!first.connection.isBroken()) {
                remember(output, taken);
                if (taken < length) {
                    stuck = true;
                    stall.stuck(taken, context);
                    first.rewatch();
                }
                return taken;
            }
            leave(first);
        }
        remember(output, length);
        return length;
    }

    private void remember(Output output, long bytes) {
        ByteRing ring = history;
        if (ring == null || bytes == 0) {
            return;
        }
        var _ = ring.add(output, 0, bytes);
        for (int i = viewers.size() - 1; i >= 0; i--) {
            Viewer viewer = viewers.get(i);
            RingOutput behind = viewer.behind;
            if (behind != null && i == 0 && viewer.leads) {
                behind.skipAll();
            } else if (!viewer.catchUp()) {
                viewer.rewatch();
            } else if (viewer.connection.isBroken()) {
                leave(viewer);
            }
        }
    }

    @Override
    public int read(MemorySegment into) {
        if (viewers.isEmpty()) {
            return 0;
        }
        Viewer first = viewers.getFirst();
        int n = first.connection.receive(into);
        first.idle = false;
        if (n == Connection.ENDED) {
            leave(first);
        }
        return Math.max(0, n);
    }

    @Override
    public void wantInput(boolean now) {
        wanted = now;
        if (!viewers.isEmpty()) {
            Viewer first = viewers.getFirst();
            first.idle = false;
            first.rewatch();
        }
    }

    @Override
    public void guestOpened(boolean open) {
        guestOpen = open;
        if (!viewers.isEmpty()) {
            viewers.getFirst().leaveUnheard();
        }
    }

    @Override
    public void close() {
        EndContext loop = context;
        context = null;
        events = null;
        for (Viewer viewer : viewers) {
            boolean _ = viewer.catchUp();
            if (loop != null) {
                loop.unwatch(viewer.connection.fd());
            }
            viewer.connection.close();
        }
        viewers.clear();
        stall.free();
        if (loop != null) {
            loop.deadlines().clear(pause);
            loop.unwatch(acceptor.fd());
        }
        acceptor.close();
    }
}
