package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The connections to a server, which [Lane]s keep up, and the way of requests through them. Any thread.
///
/// A request whose connection ends before its answer is sent again through another connection, by the thread that waits
/// for it. That repeats nothing that was acknowledged, and what was not acknowledged may be done twice: every request
/// of the protocol leaves the same bytes then.
final class Session implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(Session.class.getName());
    private static final Connection[] NONE = {};

    /// A request that so many connections did not survive is taken for the cause.
    private static final int MAX_ATTEMPTS = 10;

    /// A flush may take so many times as long as another request: a server may have much to write.
    private static final int FLUSH_TIMES = 10;

    private static final Duration FAREWELL_TIME = Duration.ofSeconds(1);

    private final Connector connector;
    private final Duration timeout;
    private final FlushBook book;
    private final Export export;
    private final List<Lane> lanes = new ArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile Connection[] live = NONE; // written under lock
    private int hurries; // guarded by lock
    private Deadline away = Deadline.NEVER; // when nothing is live: until when requests wait; guarded by lock
    private String reason = ""; // why the last connection ended or could not be made; guarded by lock
    private boolean refused; // nothing is live, and the server has changed; guarded by lock
    private volatile boolean closed; // written under lock

    private Session(Connector connector, NbdOptions options, Export export) {
        this.connector = connector;
        this.timeout = options.timeout();
        this.book = new FlushBook(export.has(Nbd.FLAG_SEND_FLUSH) ? options.unflushed() : NbdOptions.Unflushed.TRUST);
        this.export = export;
    }

    /// Connects, and begins to keep the connections up.
    ///
    /// @throws IOException if the first connection fails
    static Session open(Connector connector, NbdOptions options) throws IOException {
        Handshake.Result first = connector.connect();
        Session session = new Session(connector, options, first.export());
        boolean many = options.readOnly() || first.export().sharable();
        if (options.connections() > 1 && !many) {
            LOGGER.log(
                    Level.INFO,
                    "{0}: the server does not say that several connections are safe, so one is used",
                    connector);
        }
        session.start(many ? options.connections() : 1, first);
        return session;
    }

    private void start(int count, Handshake.Result first) {
        Connection connection = new Connection(first, book);
        boolean _ = publish(connection);
        for (int i = 0; i < count; i++) {
            Lane lane = new Lane(this, i, i == 0 ? connection : null);
            lanes.add(lane);
            lane.start();
        }
    }

    /// What the server serves, as it was when the session began.
    Export export() {
        return export;
    }

    FlushBook book() {
        return book;
    }

    /// Has a request answered, however many connections that takes. What the server says is in the request then.
    ///
    /// @throws IOException if it is not answered in time, or never will be; the request must not be used again
    void run(Request request) throws IOException {
        boolean flush = request.command() == Command.FLUSH;
        Duration time = flush ? timeout.multipliedBy(FLUSH_TIMES) : timeout;
        Deadline end = Deadline.after(time);
        for (int attempt = 0; attempt < MAX_ATTEMPTS; ) {
            Connection connection = pick(end);
            if (flush) {
                book.check();
            }
            boolean sent = connection.submit(request, end);
            if (!sent) {
                awaitGone(connection, end);
            }
            Request.State state = sent ? request.await(end) : Request.State.ORPHANED;
            if (state == Request.State.ANSWERED) {
                return;
            }
            if (state == Request.State.OPEN || end.passed()) {
                String why = "no answer to " + request + " within " + time.toMillis() + " ms";
                connection.abort(why);
                throw new IOException(connector + ": " + why);
            }
            attempt += sent ? 1 : 0;
        }
        throw new IOException(
                connector + ": " + MAX_ATTEMPTS + " connections ended during " + request + ", the last: " + reason());
    }

    private Connection pick(Deadline end) throws IOException {
        Connection[] now = live;
        if (now.length == 0 || closed) {
            now = awaitLive(end);
        }
        return now[Math.floorMod(turn.getAndIncrement(), now.length)];
    }

    private Connection[] awaitLive(Deadline end) throws IOException {
        lock.lock();
        try {
            int before = hurries;
            boolean _ = await(end.min(away), () -> closed || refused || live.length > 0 || hurries != before);
            if (closed) {
                throw new IOException(connector + " is closed");
            }
            if (live.length == 0) {
                throw new IOException("no connection to the NBD server: " + reason);
            }
            return live;
        } finally {
            lock.unlock();
        }
    }

    /// Has requests fail now that wait for a server that is away.
    void hurry() {
        lock.lock();
        try {
            hurries++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits until a connection that has ended is not offered any more, which takes its reader a moment.
    private void awaitGone(Connection connection, Deadline end) throws IOException {
        lock.lock();
        try {
            boolean _ = await(end, () -> closed || !List.of(live).contains(connection));
        } finally {
            lock.unlock();
        }
    }

    /// Waits, with the lock, for something to become true.
    ///
    /// @return whether it did
    private boolean await(Deadline end, BooleanSupplier condition) throws InterruptedIOException {
        try {
            while (!condition.getAsBoolean() && !end.passed()) {
                boolean _ = changed.await(end.left(), TimeUnit.NANOSECONDS);
            }
            return condition.getAsBoolean();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for an NBD server");
        }
    }

    private String reason() {
        lock.lock();
        try {
            return reason;
        } finally {
            lock.unlock();
        }
    }

    /// Makes a connection again.
    ///
    /// @throws IOException if that fails, or the server has changed
    Connection reconnect() throws IOException {
        Handshake.Result result = connector.connect();
        Export now = result.export();
        try {
            export.requireOf(now);
        } catch (IOException e) {
            result.wire().close();
            refuse(connector + " has changed: " + e.getMessage() + "; open it anew");
            throw e;
        }
        if (now.bytes() > export.bytes()) {
            LOGGER.log(
                    Level.INFO,
                    "{0} has grown to {1,number,#} bytes, which are seen when it is opened anew",
                    connector,
                    now.bytes());
        }
        return new Connection(result, book);
    }

    private void refuse(String why) {
        lock.lock();
        try {
            if (live.length == 0) {
                refused = true;
                reason = why;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Offers a connection to requests.
    ///
    /// @return false if the session is closed
    boolean publish(Connection connection) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            List<Connection> now = new ArrayList<>(List.of(live));
            now.add(connection);
            live = now.toArray(Connection[]::new);
            refused = false;
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Notes that a connection has ended or could not be made.
    void failed(@Nullable Connection connection, String why) {
        lock.lock();
        try {
            boolean first = live.length > 0;
            List<Connection> now = new ArrayList<>(List.of(live));
            boolean _ = now.remove(connection);
            live = now.toArray(Connection[]::new);
            if (first && live.length == 0) {
                away = Deadline.after(timeout);
            }
            if (!refused) {
                reason = why;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Lets time pass before the next attempt to connect.
    ///
    /// @return false if the session was closed
    boolean pause(Duration time) throws InterruptedIOException {
        lock.lock();
        try {
            return !await(Deadline.after(time), () -> closed);
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public String toString() {
        return connector.toString();
    }

    /// Ends all connections, their threads, and the waits of all requests.
    @Override
    public void close() {
        Connection[] last;
        lock.lock();
        try {
            last = live;
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        Deadline end = Deadline.after(FAREWELL_TIME);
        for (Connection connection : last) {
            connection.disconnect(end);
        }
        for (Lane lane : lanes) {
            lane.end();
        }
    }
}
