package org.vhostdevice.blk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.backend.BlockBackend;
import org.vhostdevice.core.virtqueue.GuestBuffers;

/// A medium in an array, which counts its flushes and can be told to fail.
final class MemoryBackend implements BlockBackend {
    final byte[] medium;
    private final boolean readOnly;
    private final MemorySegment segment;
    int flushes;
    int writesSinceFlush;
    boolean flushesFail;

    /// Thrown by the next transfer, once.
    private @Nullable IOException fault;

    /// Bytes that the failing call moves before.
    private long movedBefore;

    MemoryBackend(int bytes, boolean readOnly) {
        this.medium = new byte[bytes];
        this.readOnly = readOnly;
        this.segment = MemorySegment.ofArray(medium);
    }

    /// Makes the next transfer fail after a part of its work.
    void failNext(IOException with, long afterBytes) {
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
    public void read(long offset, GuestBuffers into, long bytes) throws IOException {
        long part = beforeFault(bytes);
        into.write(0, segment.asSlice(offset, part), part);
        throwFault();
    }

    @Override
    public void write(long offset, GuestBuffers from, long position, long bytes) throws IOException {
        if (readOnly) {
            throw new AssertionError("write to a read-only medium");
        }
        long part = beforeFault(bytes);
        from.read(position, segment.asSlice(offset, part), part);
        writesSinceFlush++;
        throwFault();
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
