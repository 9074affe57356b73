package org.vhostdevice.core.memory;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// One native segment as buffers.
///
/// @param segment native memory of this process
public record SegmentBuffers(MemorySegment segment) implements IoBuffers {
    /// Refuses memory that the host's calls cannot reach.
    public SegmentBuffers {
        if (!segment.isNative()) {
            throw new IllegalArgumentException("not native memory");
        }
    }

    @Override
    public long length() {
        return segment.byteSize();
    }

    @Override
    public void read(long position, MemorySegment into, long bytes) {
        MemorySegment.copy(segment, position, into, 0, bytes);
    }

    @Override
    public void write(long position, MemorySegment from, long bytes) {
        MemorySegment.copy(from, 0, segment, position, bytes);
    }

    @Override
    public void zero(long position, long bytes) {
        var _ = segment.asSlice(position, bytes).fill((byte) 0);
    }

    @Override
    public long addTo(IoVecs into, long position, long bytes) {
        Objects.checkFromIndexSize(position, bytes, length());
        return bytes == 0 || into.add(segment.address() + position, bytes) ? bytes : 0;
    }
}
