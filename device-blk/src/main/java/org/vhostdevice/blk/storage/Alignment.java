package org.vhostdevice.blk.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OwnedFd;

/// How transfers past the page cache must be aligned, in the file and in memory.
final class Alignment {
    private static final int LEAST = 512;
    private static final int MOST = 4096;

    private Alignment() {}

    /// Tries it out, since most hosts cannot be asked.
    ///
    /// @return bytes, a power of two
    static int of(OwnedFd direct) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(2L * MOST, MOST);
            for (int unit = LEAST; unit < MOST; unit *= 2) {
                if (works(direct, memory.asSlice(unit, unit), unit)) {
                    return unit;
                }
            }
            return MOST;
        }
    }

    private static boolean works(OwnedFd direct, MemorySegment into, long offset) throws IOException {
        try {
            long _ = FileIo.pread(direct.number(), into, offset);
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EINVAL) {
                return false;
            }
            throw e;
        }
    }
}
