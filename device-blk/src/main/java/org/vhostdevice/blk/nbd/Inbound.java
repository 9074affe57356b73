package org.vhostdevice.blk.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// What comes from a server, read in its order by one thread. Numbers are big-endian.
final class Inbound {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Wire wire;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).flip();
    private Deadline end = Deadline.NEVER;

    Inbound(Wire wire) {
        this.wire = wire;
    }

    /// Bounds all waits from now on.
    void until(Deadline deadline) {
        end = deadline;
    }

    /// Whether bytes have come that are not read yet.
    boolean hasBuffered() {
        return buffer.hasRemaining();
    }

    int u16() throws IOException {
        need(Short.BYTES);
        return Short.toUnsignedInt(buffer.getShort());
    }

    int i32() throws IOException {
        need(Integer.BYTES);
        return buffer.getInt();
    }

    long u32() throws IOException {
        return Integer.toUnsignedLong(i32());
    }

    long i64() throws IOException {
        need(Long.BYTES);
        return buffer.getLong();
    }

    /// The next bytes in a new array; the caller has checked how many.
    byte[] bytes(int count) throws IOException {
        byte[] bytes = new byte[count];
        copy(MemorySegment.ofArray(bytes), 0, count);
        return bytes;
    }

    /// Copies the next bytes to a place in memory, past the buffer if there are many.
    void copy(MemorySegment into, long offset, long count) throws IOException {
        long done = 0;
        while (done < count) {
            if (!buffer.hasRemaining() && count - done >= BUFFER_BYTES && into.isNative()) {
                int part = (int) Math.min(count - done, Integer.MAX_VALUE);
                done += receive(into.asSlice(offset + done, part).asByteBuffer());
                continue;
            }
            need(1);
            int part = (int) Math.min(count - done, buffer.remaining());
            MemorySegment.copy(MemorySegment.ofBuffer(buffer), 0, into, offset + done, part);
            buffer.position(buffer.position() + part);
            done += part;
        }
    }

    /// Passes over bytes.
    void skip(long count) throws IOException {
        for (long left = count; left > 0; ) {
            need(1);
            int part = (int) Math.min(left, buffer.remaining());
            buffer.position(buffer.position() + part);
            left -= part;
        }
    }

    private void need(int bytes) throws IOException {
        while (buffer.remaining() < bytes) {
            buffer.compact();
            try {
                int _ = receive(buffer);
            } finally {
                buffer.flip();
            }
        }
    }

    private int receive(ByteBuffer into) throws IOException {
        int n = wire.read(into, end);
        if (n < 0) {
            throw new EOFException("the server has closed the connection");
        }
        return n;
    }
}
