package org.vhostdevice.blk.storage;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.FileSpace;
import org.vhostdevice.core.sys.FileStatus;
import org.vhostdevice.core.sys.OwnedFd;

/// A regular file or a disk of the host.
///
/// Past the page cache (`--cache none`) a transfer that is not aligned goes through the page cache all the same: a host
/// keeps both ways in step.
public final class FileStorage implements DirectStorage {
    /// Bytes in one system call at most: macOS refuses more than `INT_MAX`.
    private static final long MAX_CALL_BYTES = 1 << 30;

    private static final int ZEROES_BYTES = 1 << 20;
    private static final IoBuffers ZEROES = new SegmentBuffers(Arena.ofAuto().allocate(ZEROES_BYTES, 4096));
    private static final ThreadLocal<IoVecs> VECTORS = ThreadLocal.withInitial(IoVecs::new);

    private final FileSpec spec;
    private final OwnedFd fd;
    /// The same file past the page cache.
    private final @Nullable OwnedFd direct;
    private final int alignment;
    private final FileStatus status;
    private final FlushGate gate;
    private volatile long size;

    private FileStorage(FileSpec spec, OwnedFd fd, @Nullable OwnedFd direct) throws IOException {
        this.spec = spec;
        this.fd = fd;
        this.direct = direct;
        this.status = FileIo.status(fd);
        this.size = FileOpening.size(spec.path(), fd);
        this.alignment = direct == null ? 1 : Alignment.of(direct);
        this.gate = new FlushGate(() -> FileIo.flush(fd.number()));
    }

    /// Opens or makes a file, and locks it if asked: alone for writing, together with other readers for reading.
    ///
    /// Nothing that exists is changed. A file that was made and cannot be used is deleted again.
    ///
    /// @param spec which
    /// @return the storage; the caller closes it
    /// @throws IOException if it cannot be used; the message is one line that says what to do
    public static FileStorage open(FileSpec spec) throws IOException {
        OwnedFd fd = spec.createBytes() > 0 ? FileOpening.create(spec) : FileOpening.open(spec);
        try {
            long _ = FileOpening.size(spec.path(), fd);
            if (spec.locked()) {
                FileOpening.lock(spec, fd);
            }
            return open(spec, fd);
        } catch (IOException | RuntimeException e) {
            fd.close();
            if (spec.createBytes() > 0) {
                Files.deleteIfExists(spec.path()); // it was made here
            }
            throw e;
        }
    }

    private static FileStorage open(FileSpec spec, OwnedFd fd) throws IOException {
        OwnedFd direct = spec.direct() ? FileOpening.openDirect(spec) : null;
        try {
            return new FileStorage(spec, fd, direct);
        } catch (IOException | RuntimeException e) {
            if (direct != null) {
                direct.close();
            }
            throw e;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return spec.readOnly();
    }

    @Override
    public int descriptor() {
        return direct == null ? fd.number() : direct.number();
    }

    @Override
    public int alignment() {
        return alignment;
    }

    @Override
    public boolean cached() {
        return direct == null;
    }

    @Override
    public long locate(long offset, long bytes, boolean write) {
        return ((offset | bytes) & (alignment - 1)) == 0 ? offset : ELSEWHERE;
    }

    @Override
    public void read(long offset, IoBuffers into, long position, long bytes) throws IOException {
        IoVecs vectors = VECTORS.get();
        for (long done = 0; done < bytes; ) {
            gather(vectors, into, position + done, bytes - done);
            int file = file(vectors, offset + done);
            long count = FileIo.preadv(file, vectors.segment(), vectors.count(), offset + done);
            if (count == 0) {
                // Zeroes would pass for data: somebody has cut the file.
                throw new EOFException(this + " ends at byte " + (offset + done) + " of " + size);
            }
            done += count;
        }
    }

    @Override
    public void write(long offset, IoBuffers from, long position, long bytes) throws IOException {
        IoVecs vectors = VECTORS.get();
        for (long done = 0; done < bytes; ) {
            gather(vectors, from, position + done, bytes - done);
            int file = file(vectors, offset + done);
            long count = FileIo.pwritev(file, vectors.segment(), vectors.count(), offset + done);
            if (count == 0) {
                throw new EOFException(this + " takes no bytes at " + (offset + done) + " of " + size);
            }
            done += count;
        }
    }

    private static void gather(IoVecs vectors, IoBuffers buffers, long position, long bytes) {
        vectors.clear();
        long _ = buffers.addTo(vectors, position, Math.min(bytes, MAX_CALL_BYTES));
    }

    /// The descriptor for a transfer.
    private int file(IoVecs vectors, long offset) {
        boolean aligned = ((offset | vectors.bits()) & (alignment - 1)) == 0;
        return direct != null && aligned ? direct.number() : fd.number();
    }

    @Override
    public void writeZeroes(long offset, long bytes, boolean mayUnmap) throws IOException {
        long block = status.blockSize();
        long from = Math.min(offset + bytes, up(offset, block));
        long to = Math.max(from, down(offset + bytes, block));
        writeZeroes(offset, from - offset);
        if (to > from && !zeroBlocks(from, to - from, mayUnmap)) {
            writeZeroes(from, to - from);
        }
        writeZeroes(to, offset + bytes - to);
    }

    private boolean zeroBlocks(long offset, long bytes, boolean mayUnmap) throws IOException {
        if (status.kind() != FileStatus.Kind.REGULAR) {
            return FileSpace.zeroDevice(fd.number(), offset, bytes);
        }
        return (mayUnmap && FileSpace.punchHole(fd.number(), offset, bytes))
                || FileSpace.zeroRange(fd.number(), offset, bytes);
    }

    private void writeZeroes(long offset, long bytes) throws IOException {
        for (long done = 0; done < bytes; done += ZEROES_BYTES) {
            write(offset + done, ZEROES, 0, Math.min(ZEROES_BYTES, bytes - done));
        }
    }

    @Override
    public void discard(long offset, long bytes) throws IOException {
        long from = up(offset, status.blockSize());
        long to = down(offset + bytes, status.blockSize());
        if (to > from) {
            boolean _ = status.kind() == FileStatus.Kind.REGULAR
                    ? FileSpace.punchHole(fd.number(), from, to - from)
                    : FileSpace.discardDevice(fd.number(), from, to - from);
        }
    }

    private static long up(long offset, long unit) {
        return (offset + unit - 1) / unit * unit;
    }

    private static long down(long offset, long unit) {
        return offset / unit * unit;
    }

    @Override
    public Extent extent(long offset, long bytes) {
        if (status.kind() != FileStatus.Kind.REGULAR) {
            return new Extent(Extent.Kind.DATA, bytes);
        }
        long data = FileSpace.nextData(fd.number(), offset);
        if (data < 0) {
            return new Extent(Extent.Kind.ZERO, bytes);
        }
        if (data > offset) {
            return new Extent(Extent.Kind.ZERO, Math.min(bytes, data - offset));
        }
        long hole = FileSpace.nextHole(fd.number(), offset);
        // A hole right here was data a moment ago.
        return new Extent(Extent.Kind.DATA, hole > offset ? Math.min(bytes, hole - offset) : bytes);
    }

    @Override
    public void flush() throws IOException {
        if (spec.flushed()) {
            gate.flush();
        }
    }

    @Override
    public void resize(long bytes) throws IOException {
        try {
            FileIo.truncate(fd.number(), bytes);
        } catch (ErrnoException e) {
            throw new IOException(this + " cannot have " + bytes + " bytes: " + e.getMessage(), e);
        }
        size = bytes;
    }

    @Override
    public long remeasure() throws IOException {
        size = FileOpening.size(spec.path(), fd);
        return size;
    }

    @Override
    public String toString() {
        return "image " + spec.path();
    }

    /// Closes the file, which unlocks it.
    @Override
    public void close() {
        if (direct != null) {
            direct.close();
        }
        fd.close();
    }
}
