package org.vhostdevice.blk.nbd;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.memory.IoVecs;

/// Guest memory whose file has been truncated.
final class VanishedBuffers implements IoBuffers {
    @Override
    public long length() {
        return Long.MAX_VALUE;
    }

    @Override
    public void read(long position, MemorySegment into, long bytes) {
        throw new InternalError("vanished");
    }

    @Override
    public void write(long position, MemorySegment from, long bytes) {
        throw new InternalError("vanished");
    }

    @Override
    public void zero(long position, long bytes) {
        throw new InternalError("vanished");
    }

    @Override
    public long addTo(IoVecs into, long position, long bytes) {
        throw new InternalError("vanished");
    }
}
