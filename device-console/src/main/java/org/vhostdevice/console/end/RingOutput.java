package org.vhostdevice.console.end;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.IoVecs;

/// What one reader of a [ByteRing] has still to get. Worker's thread.
public final class RingOutput implements Output {
    private final ByteRing ring;
    private final IoVecs vectors = new IoVecs(2);
    private long position;

    /// A reader.
    ///
    /// @param ring what it reads
    /// @param position where it begins
    public RingOutput(ByteRing ring, long position) {
        this.ring = ring;
        this.position = position;
    }

    /// Goes on behind what the ring has lost.
    ///
    /// @return whether there is something to read
    public boolean any() {
        position = Math.max(position, ring.first());
        return position < ring.last();
    }

    /// Bytes are read.
    ///
    /// @param bytes how many
    public void advance(long bytes) {
        position += bytes;
    }

    /// {@return the position of what is read next}
    public long position() {
        return position;
    }

    /// Everything is read.
    public void skipAll() {
        position = ring.last();
    }

    @Override
    public long length() {
        return ring.last() - position;
    }

    @Override
    public IoVecs vectors() {
        vectors.clear();
        ring.gather(position, vectors);
        return vectors;
    }

    @Override
    public void copy(long from, MemorySegment into, long bytes) {
        ring.copy(position + from, into, bytes);
    }
}
