package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One connection in the transmission phase, until it ends. Any thread sends requests; one thread reads replies.
final class Connection {
    /// Hears of what counts for durability, before the callers of the requests do.
    interface Listener {
        /// A request that changes the export was done.
        void acknowledged();

        /// The connection has ended.
        void ended();
    }

    private final Wire wire;
    private final Export export;
    private final ReplyReader replies;
    private final Listener listener;
    private final ReentrantLock sending = new ReentrantLock();
    private final ByteBuffer header = ByteBuffer.allocateDirect(Nbd.REQUEST_BYTES);

    private final Object books = new Object();
    private final Map<Long, Request> underWay = new HashMap<>(); // guarded by books
    private long nextCookie = 1; // guarded by books
    private boolean answered; // guarded by books
    private boolean ended; // guarded by books
    private @Nullable String reason; // guarded by books

    Connection(Handshake.Result handshake, Listener listener) {
        this.wire = handshake.wire();
        this.export = handshake.export();
        this.replies = new ReplyReader(handshake.in(), export.replies(), this::find);
        this.listener = listener;
    }

    Export export() {
        return export;
    }

    /// Whether the server has ever answered a request here.
    boolean hasAnswered() {
        synchronized (books) {
            return answered;
        }
    }

    /// Sends a request; [Request#end] tells what becomes of it.
    ///
    /// @param end of the wait for the server to take it
    /// @return false if the connection has ended and will never hear of the request
    /// @throws InterruptedIOException if the thread was interrupted before anything was sent
    boolean submit(Request request, Deadline end) throws InterruptedIOException {
        if (!lock(end)) {
            abort("it takes no requests");
            return false;
        }
        try {
            long cookie = enter(request);
            if (cookie == ReplyReader.MORE) {
                return false;
            }
            fill(request.flags(), request.command().number(), cookie, request.offset(), request.length());
            MemorySegment payload = request.command() == Command.WRITE ? request.payload() : MemorySegment.NULL;
            wire.write(new ByteBuffer[] {header, payload.asByteBuffer()}, end);
        } catch (IOException e) {
            abort("it takes no requests: " + e.getMessage());
        } finally {
            sending.unlock();
        }
        return true;
    }

    /// Notes that a request is under way.
    ///
    /// @return its cookie, [ReplyReader#MORE] if the connection has ended
    private long enter(Request request) {
        synchronized (books) {
            if (ended) {
                return ReplyReader.MORE;
            }
            request.reopen();
            underWay.put(nextCookie, request);
            return nextCookie++;
        }
    }

    private boolean lock(Deadline end) throws InterruptedIOException {
        try {
            return sending.tryLock(end.left(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted before a request was sent");
        }
    }

    private void fill(int flags, int type, long cookie, long offset, long length) {
        header.clear()
                .putInt(Nbd.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset)
                .putInt((int) length)
                .flip();
    }

    /// Reads replies until the connection ends, which it then has for every request.
    ///
    /// @throws IOException always; the message says why the connection has ended
    void serve() throws IOException {
        try {
            while (true) {
                long cookie = replies.next();
                if (cookie != ReplyReader.MORE) {
                    finish(cookie);
                }
            }
        } catch (IOException e) {
            throw new IOException(end(String.valueOf(e.getMessage())), e);
        } finally {
            String _ = end("it failed"); // if something else was thrown
        }
    }

    private @Nullable Request find(long cookie) {
        synchronized (books) {
            return underWay.get(cookie);
        }
    }

    private void finish(long cookie) throws IOException {
        Request request;
        synchronized (books) {
            request = underWay.get(cookie);
            if (request == null) {
                throw new ProtocolViolation("an answer to no request");
            }
            if (request.errorKind() == NbdError.ESHUTDOWN) {
                // The specification demands to disconnect; the request is sent again, to the server's successor.
                throw new IOException("the server is shutting down");
            }
            underWay.remove(cookie);
            answered = true;
        }
        if (request.errorKind() == null && request.command().changes()) {
            listener.acknowledged();
        }
        request.end(Request.State.ANSWERED);
    }

    /// Ends the connection soon, with a reason that the log will show. Any thread.
    void abort(String why) {
        synchronized (books) {
            if (reason == null) {
                reason = why;
            }
        }
        wire.close();
    }

    /// Tells the server that the client leaves, and ends the connection.
    void disconnect(Deadline end) {
        try {
            if (lock(end)) {
                leave(end);
            }
        } catch (IOException e) {
            abort("it does not hear that the export is closed: " + e.getMessage());
        }
        abort("the export was closed");
    }

    private void leave(Deadline end) throws IOException {
        try {
            fill(0, Nbd.CMD_DISC, 0, 0, 0);
            wire.write(new ByteBuffer[] {header}, end);
            wire.finish(end);
        } finally {
            sending.unlock();
        }
    }

    private String end(String why) {
        List<Request> orphans;
        String told;
        synchronized (books) {
            told = reason == null ? why : reason;
            if (ended) {
                return told;
            }
            ended = true;
            reason = told;
            orphans = new ArrayList<>(underWay.values());
            underWay.clear();
        }
        wire.close();
        listener.ended();
        for (Request orphan : orphans) {
            orphan.end(Request.State.ORPHANED);
        }
        return told;
    }
}
