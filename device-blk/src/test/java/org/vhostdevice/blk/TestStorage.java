package org.vhostdevice.blk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.memory.IoBuffers;

/// A medium in an array, which counts its flushes and can be told to fail.
public final class TestStorage implements Storage {
    public final byte[] medium;
    /// What discarded bytes read as.
    public static final byte DISCARDED = (byte) 0xdd;

    /// Requests to zero.
    public int zeroed;

    /// Requests to zero that allowed to give up the room.
    public int unmapped;

    private final boolean readOnly;
    private final MemorySegment segment;
    public int flushes;
    public int writesSinceFlush;
    public boolean flushesFail;

    /// Thrown by the next transfer, once.
    private @Nullable IOException fault;

    /// Bytes that the failing call moves before.
    private long movedBefore;

    public TestStorage(int bytes, boolean readOnly) {
        this.medium = new byte[bytes];
        this.readOnly = readOnly;
        this.segment = MemorySegment.ofArray(medium);
    }

    /// Makes the next transfer fail after a part of its work.
    public void failNext(IOException with, long afterBytes) {
        fault = with;
        movedBefore = afterBytes;
    }

    @Override
    public long size() {
        return medium.length;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, IoBuffers into, long position, long bytes) throws IOException {
        long part = beforeFault(bytes);
        into.write(position, segment.asSlice(offset, part), part);
        throwFault();
    }

    @Override
    public void write(long offset, IoBuffers from, long position, long bytes) throws IOException {
        if (readOnly) {
            throw new AssertionError("write to a read-only medium");
        }
        long part = beforeFault(bytes);
        from.read(position, segment.asSlice(offset, part), part);
        writesSinceFlush++;
        throwFault();
    }

    @Override
    public boolean waits() {
        return false;
    }

    @Override
    public void writeZeroes(long offset, long bytes, boolean mayUnmap) throws IOException {
        long part = beforeFault(bytes);
        MemorySegment _ = segment.asSlice(offset, part).fill((byte) 0);
        writesSinceFlush++;
        zeroed++;
        unmapped += mayUnmap ? 1 : 0;
        throwFault();
    }

    @Override
    public void discard(long offset, long bytes) throws IOException {
        long part = beforeFault(bytes);
        MemorySegment _ = segment.asSlice(offset, part).fill(DISCARDED);
        throwFault();
    }

    @Override
    public void resize(long bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        // nothing is open
    }

    @Override
    public void flush() throws IOException {
        if (flushesFail) {
            throw new IOException("flush");
        }
        flushes++;
        writesSinceFlush = 0;
    }

    private long beforeFault(long bytes) {
        return fault == null ? bytes : Math.min(bytes, movedBefore);
    }

    private void throwFault() throws IOException {
        IOException now = fault;
        if (now != null) {
            fault = null;
            throw now;
        }
    }
}
