package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.memory.IoBuffers;

/// An export of an NBD server.
///
/// Requests of all threads are under way at once on each connection. When a connection ends it is made again, and
/// requests that were not answered are sent again; what that means for durability is for
/// [NbdOptions#unflushed] to say. Interrupting a thread in a call can end its connection.
///
/// A caller's buffers are used by the caller's thread only.
public final class NbdStorage implements Storage {
    private static final Logger LOGGER = System.getLogger(NbdStorage.class.getName());

    /// Bytes of one read or write at most; larger ones are done in pieces, so that each needs little memory.
    private static final long MAX_PIECE_BYTES = 1 << 20;

    /// Bytes that one request without a payload is for at most, so that it does not take too long.
    private static final long MAX_EFFECT_BYTES = 64 << 20;

    private static final long MAX_LENGTH = 0xffff_ffffL;

    private final Session session;
    private final Export export;
    private final boolean readOnly;
    private final long block;
    private final long pieceBytes;
    private final ConcurrentLinkedDeque<Request> idle = new ConcurrentLinkedDeque<>();

    /// Held exclusively while a part of a block is changed by reading and writing the whole.
    private final ReentrantReadWriteLock parts = new ReentrantReadWriteLock();

    private volatile long effectBytes;

    private NbdStorage(Session session, boolean readOnly) {
        this.session = session;
        this.export = session.export();
        this.readOnly = readOnly || export.readOnly();
        this.block = export.minBlock();
        this.pieceBytes = floor(Math.min(MAX_PIECE_BYTES, export.maxPayload()));
        this.effectBytes = MAX_EFFECT_BYTES;
    }

    /// Connects to a server and opens an export.
    ///
    /// @param uri which one
    /// @param options how it is used
    /// @return the export; the caller closes it
    /// @throws IOException if it cannot be used; the message is one line that says why
    public static NbdStorage open(NbdUri uri, NbdOptions options) throws IOException {
        return open(uri, options, Connector.HANDSHAKE_TIME);
    }

    /// As the other, with a time for handshakes.
    static NbdStorage open(NbdUri uri, NbdOptions options, Duration handshakeTime) throws IOException {
        NbdStorage storage =
                new NbdStorage(Session.open(new Connector(uri, handshakeTime), options), options.readOnly());
        if (!storage.readOnly && !storage.export.has(Nbd.FLAG_SEND_FLUSH)) {
            LOGGER.log(
                    Level.WARNING,
                    "{0}: the server cannot flush, so a flush says that all is durable when it may not be",
                    uri);
        }
        return storage;
    }

    @Override
    public long size() {
        return export.bytes();
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, IoBuffers into, long position, long bytes) throws IOException {
        check(offset, bytes);
        for (long done = 0; done < bytes; ) {
            long at = offset + done;
            long lead = at - floor(at);
            long part = Math.min(bytes - done, pieceBytes - lead);
            Request request = take();
            request.prepare(Command.READ, 0, at - lead, ceiling(lead + part));
            perform(request);
            into.write(position + done, request.payload().asSlice(lead, part), part);
            idle.push(request);
            done += part;
        }
    }

    @Override
    public void write(long offset, IoBuffers from, long position, long bytes) throws IOException {
        checkWrite(offset, bytes);
        change(offset, bytes, new Change() {
            @Override
            public void fill(long done, MemorySegment into) {
                from.read(position + done, into, into.byteSize());
            }

            @Override
            public long blocks(long at, long done, long most) throws IOException {
                return writeBlocks(this, at, done, most);
            }
        });
    }

    @Override
    public void writeZeroes(long offset, long bytes, boolean mayUnmap) throws IOException {
        checkWrite(offset, bytes);
        change(offset, bytes, new Change() {
            @Override
            public void fill(long done, MemorySegment into) {
                var _ = into.fill((byte) 0);
            }

            @Override
            public long blocks(long at, long done, long most) throws IOException {
                return export.has(Nbd.FLAG_SEND_WRITE_ZEROES)
                        ? effect(Command.WRITE_ZEROES, mayUnmap ? 0 : Nbd.CMD_FLAG_NO_HOLE, at, most)
                        : writeBlocks(this, at, done, most);
            }
        });
    }

    /// Gives up whole blocks of the server's only.
    @Override
    public void discard(long offset, long bytes) throws IOException {
        checkWrite(offset, bytes);
        long end = floor(offset + bytes);
        if (export.has(Nbd.FLAG_SEND_TRIM)) {
            for (long at = ceiling(offset); at < end; ) {
                at += effect(Command.TRIM, 0, at, end - at);
            }
        }
    }

    @Override
    public void flush() throws IOException {
        if (readOnly || !export.has(Nbd.FLAG_SEND_FLUSH)) {
            return;
        }
        FlushBook book = session.book();
        long begun = book.begin();
        Request request = take();
        request.prepare(Command.FLUSH, 0, 0, 0);
        session.run(request);
        if (request.errorKind() != null) {
            book.failed();
            throw new IOException(request.error());
        }
        idle.push(request);
        book.flushed(begun);
    }

    /// Always refused: the protocol cannot.
    @Override
    public void resize(long bytes) throws IOException {
        throw new IOException(session + " cannot be resized by a client");
    }

    /// Without the server's `base:allocation`, all is data.
    @Override
    public Extent extent(long offset, long bytes) throws IOException {
        check(offset, bytes);
        if (!export.replies().allocation()) {
            return new Extent(Extent.Kind.DATA, bytes);
        }
        long lead = offset - floor(offset);
        Request request = take();
        long length = Math.min(ceiling(lead + bytes), floor(MAX_LENGTH));
        request.prepare(Command.BLOCK_STATUS, Nbd.CMD_FLAG_REQ_ONE, offset - lead, length);
        perform(request);
        long known = Math.min(request.statusBytes() - lead, bytes);
        boolean zero = (request.status() & Nbd.STATE_ZERO) != 0 && known > 0;
        idle.push(request);
        return new Extent(zero ? Extent.Kind.ZERO : Extent.Kind.DATA, Math.max(known, 1));
    }

    @Override
    public void hurry() {
        session.hurry();
    }

    /// Tells the server that the client leaves. What was not flushed is for the server to keep or lose.
    @Override
    public void close() {
        session.close();
    }

    @Override
    public String toString() {
        return session.toString();
    }

    /// What a range of bytes becomes.
    private interface Change {
        /// Makes new bytes.
        ///
        /// @param done where they begin, counted from the beginning of the range
        void fill(long done, MemorySegment into);

        /// Changes whole blocks.
        ///
        /// @param most how many bytes, whole blocks
        /// @return how many were changed; 0 to be asked again
        long blocks(long at, long done, long most) throws IOException;
    }

    private void change(long offset, long bytes, Change change) throws IOException {
        for (long done = 0; done < bytes; ) {
            long at = offset + done;
            long whole = floor(bytes - done);
            if (at == floor(at) && whole > 0) {
                parts.readLock().lock();
                try {
                    done += change.blocks(at, done, whole);
                } finally {
                    parts.readLock().unlock();
                }
            } else {
                done += changePart(at, Math.min(bytes - done, floor(at) + block - at), done, change);
            }
        }
    }

    private long changePart(long at, long bytes, long done, Change change) throws IOException {
        long start = floor(at);
        parts.writeLock().lock();
        try {
            Request request = take();
            request.prepare(Command.READ, 0, start, block);
            perform(request);
            change.fill(done, request.payload().asSlice(at - start, bytes));
            request.prepare(Command.WRITE, 0, start, block);
            perform(request);
            idle.push(request);
            return bytes;
        } finally {
            parts.writeLock().unlock();
        }
    }

    private long writeBlocks(Change change, long at, long done, long most) throws IOException {
        long bytes = Math.min(most, pieceBytes);
        Request request = take();
        request.prepare(Command.WRITE, 0, at, bytes);
        change.fill(done, request.payload());
        perform(request);
        idle.push(request);
        return bytes;
    }

    /// One request without a payload.
    ///
    /// @return the bytes it was for; 0 if the server wants smaller ones
    private long effect(Command command, int flags, long at, long most) throws IOException {
        long bytes = Math.min(most, effectBytes);
        Request request = take();
        request.prepare(command, flags, at, bytes);
        session.run(request);
        NbdError error = request.errorKind();
        if (bytes > pieceBytes && (error == NbdError.EOVERFLOW || error == NbdError.EINVAL)) {
            effectBytes = pieceBytes;
            return 0;
        }
        if (error != null) {
            throw new IOException(request.error());
        }
        idle.push(request);
        return bytes;
    }

    private void perform(Request request) throws IOException {
        session.run(request);
        if (request.errorKind() != null) {
            throw new IOException(request.error());
        }
    }

    /// A request that nobody uses; one that fails is not given back, since a connection may still read into it.
    private Request take() {
        Request request = idle.poll();
        return request == null ? new Request() : request;
    }

    private void check(long offset, long bytes) {
        Objects.checkFromIndexSize(offset, bytes, export.bytes());
    }

    private void checkWrite(long offset, long bytes) throws IOException {
        check(offset, bytes);
        if (readOnly) {
            throw new IOException(session + " is read only");
        }
    }

    private long floor(long bytes) {
        return bytes & -block;
    }

    private long ceiling(long bytes) {
        return floor(bytes + block - 1);
    }
}
