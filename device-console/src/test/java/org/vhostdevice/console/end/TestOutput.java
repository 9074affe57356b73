package org.vhostdevice.console.end;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.vhostdevice.core.memory.IoVecs;

/// Bytes that a test has the guest put out.
final class TestOutput implements Output {
    private final MemorySegment bytes;
    private final IoVecs vectors = new IoVecs(4);
    private long position;

    TestOutput(byte... content) {
        bytes = Arena.ofAuto().allocate(Math.max(1, content.length)).copyFrom(MemorySegment.ofArray(content));
        end = content.length;
    }

    private final long end;

    static TestOutput of(String text) {
        return new TestOutput(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Has an end take what it takes.
    ///
    /// @return whether it took the rest
    boolean writeTo(HostEnd host) {
        while (position < end) {
            long length = length();
            long taken = host.write(this);
            position += taken;
            if (taken < length) {
                return false;
            }
        }
        return true;
    }

    long taken() {
        return position;
    }

    @Override
    public long length() {
        return end - position;
    }

    /// In two pieces, as a guest may have cut them.
    @Override
    public IoVecs vectors() {
        vectors.clear();
        long half = length() / 2;
        if (half > 0) {
            boolean _ = vectors.add(bytes.address() + position, half);
        }
        boolean _ = vectors.add(bytes.address() + position + half, length() - half);
        return vectors;
    }

    @Override
    public void copy(long from, MemorySegment into, long count) {
        MemorySegment.copy(bytes, position + from, into, 0, count);
    }
}
