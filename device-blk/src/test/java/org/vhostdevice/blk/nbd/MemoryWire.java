package org.vhostdevice.blk.nbd;

import java.nio.ByteBuffer;

/// A server whose bytes are there from the beginning, and who hears nothing.
final class MemoryWire implements Wire {
    private final ByteBuffer bytes;

    MemoryWire(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes);
    }

    @Override
    public int read(ByteBuffer into, Deadline end) {
        int n = Math.min(into.remaining(), bytes.remaining());
        if (n == 0) {
            return -1;
        }
        into.put(bytes.slice(bytes.position(), n));
        bytes.position(bytes.position() + n);
        return n;
    }

    @Override
    public void write(ByteBuffer[] from, Deadline end) {
        for (ByteBuffer buffer : from) {
            buffer.position(buffer.limit());
        }
    }

    @Override
    public void finish(Deadline end) {}

    @Override
    public void close() {
        bytes.position(bytes.limit());
    }
}
