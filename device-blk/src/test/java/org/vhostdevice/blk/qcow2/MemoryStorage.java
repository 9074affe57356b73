package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.core.memory.IoBuffers;

/// A storage in memory, which can tell what reached it and fail when told to.
final class MemoryStorage implements DirectStorage {
    /// What changed it.
    sealed interface Op {
        record Write(long offset, byte[] bytes) implements Op {}

        record Resize(long size) implements Op {}

        record Flush() implements Op {}
    }

    private final boolean readOnly;
    private final List<Op> log = new ArrayList<>();
    private byte[] bytes;
    private int size;
    private boolean logging;
    private int failAfter = Integer.MAX_VALUE;
    private boolean closed;

    MemoryStorage(byte[] bytes, boolean readOnly) {
        this.bytes = bytes;
        this.size = bytes.length;
        this.readOnly = readOnly;
    }

    static MemoryStorage empty() {
        return new MemoryStorage(new byte[0], false);
    }

    static MemoryStorage of(Path path) throws IOException {
        return new MemoryStorage(Files.readAllBytes(path), false);
    }

    static BackingOpener opener() {
        return path -> new MemoryStorage(Files.readAllBytes(path), true);
    }

    synchronized void startLog() {
        logging = true;
    }

    synchronized List<Op> log() {
        return List.copyOf(log);
    }

    /// Lets so many more changes succeed.
    synchronized void failAfter(int changes) {
        failAfter = changes;
    }

    synchronized byte[] contents() {
        return Arrays.copyOf(bytes, size);
    }

    synchronized boolean closed() {
        return closed;
    }

    @Override
    public synchronized long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public synchronized void read(long offset, IoBuffers into, long position, long count) throws IOException {
        check(offset, count);
        into.write(position, MemorySegment.ofArray(bytes).asSlice(offset), count);
    }

    @Override
    public synchronized void write(long offset, IoBuffers from, long position, long count) throws IOException {
        check(offset, count);
        change();
        from.read(position, MemorySegment.ofArray(bytes).asSlice(offset), count);
        if (logging) {
            log.add(new Op.Write(offset, Arrays.copyOfRange(bytes, (int) offset, (int) (offset + count))));
        }
    }

    @Override
    public synchronized void writeZeroes(long offset, long count, boolean mayUnmap) throws IOException {
        check(offset, count);
        change();
        Arrays.fill(bytes, (int) offset, (int) (offset + count), (byte) 0);
        if (logging) {
            log.add(new Op.Write(offset, new byte[(int) count]));
        }
    }

    /// Leaves bytes that nobody wrote.
    @Override
    public synchronized void discard(long offset, long count) throws IOException {
        check(offset, count);
        change();
        Arrays.fill(bytes, (int) offset, (int) (offset + count), (byte) 0xdd);
        if (logging) {
            log.add(new Op.Write(offset, Arrays.copyOfRange(bytes, (int) offset, (int) (offset + count))));
        }
    }

    @Override
    public synchronized void flush() throws IOException {
        change();
        if (logging) {
            log.add(new Op.Flush());
        }
    }

    @Override
    public synchronized void resize(long count) throws IOException {
        change();
        if (count > 1 << 30) {
            throw new IOException("no room");
        }
        if (count < size) {
            Arrays.fill(bytes, (int) count, size, (byte) 0);
        } else if (count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max((int) count, 2 * bytes.length));
        }
        size = (int) count;
        if (logging) {
            log.add(new Op.Resize(count));
        }
    }

    @Override
    public int descriptor() {
        return 7;
    }

    @Override
    public long locate(long offset, long count, boolean write) {
        return offset;
    }

    @Override
    public synchronized void close() {
        closed = true;
    }

    private void change() throws IOException {
        if (readOnly) {
            throw new IOException("read-only");
        }
        if (--failAfter < 0) {
            throw new IOException("told to fail");
        }
    }

    private void check(long offset, long count) throws IOException {
        if (offset < 0 || count < 0 || offset > size - count) {
            throw new IOException("outside: " + offset + " + " + count + " of " + size);
        }
    }
}
