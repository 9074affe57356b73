package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What `fallocate(2)` of Linux does, as far as other hosts can. Errors are negated numbers of the host.
final class FileAllocation {
    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;
    private static final int NOT_SUPPORTED = -Errno.EOPNOTSUPP.number();

    // fcntl(F_PREALLOCATE) of macOS: struct fstore, F_ALLOCATEALL, F_PEOFPOSMODE
    private static final int FSTORE_SIZE = 32;
    private static final int FST_POSMODE = 4;
    private static final int FST_LENGTH = 16;
    private static final int ALLOCATE_ALL = 4;
    private static final int FROM_END = 3;

    private FileAllocation() {}

    /// @param mode the flags of Linux
    static int allocate(int fd, int mode, long offset, long bytes) {
        if (offset < 0 || bytes <= 0 || offset > Long.MAX_VALUE - bytes) {
            return -Errno.EINVAL.number();
        }
        return switch (mode) {
            case 0, KEEP_SIZE -> reserve(fd, offset + bytes, mode == 0);
            case PUNCH_HOLE | KEEP_SIZE -> punch(fd, offset, bytes);
            default -> NOT_SUPPORTED;
        };
    }

    /// Sees to it that there is room up to an offset, where the host can, and makes the file that long.
    private static int reserve(int fd, long end, boolean grow) {
        FileStat stat = new FileStat();
        int failed = stat.load(fd);
        if (failed < 0 || end <= stat.size()) {
            return failed; // what lies inside is taken to have room
        }
        if (AbiNumber.F_PREALLOCATE.isUsable()) {
            int reserved = preallocate(fd, end - stat.size());
            if (reserved == -Errno.ENOSPC.number()) {
                return reserved; // any other failure: the file system reserves nothing
            }
        }
        return grow ? FileCalls.truncate(fd, end) : 0;
    }

    /// @param bytes behind the end of the file
    private static int preallocate(int fd, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment store = arena.allocate(FSTORE_SIZE, 8);
            store.set(JAVA_INT, 0, ALLOCATE_ALL);
            store.set(JAVA_INT, FST_POSMODE, FROM_END);
            store.set(JAVA_LONG, FST_LENGTH, bytes);
            return Libc.fcntl(fd, AbiNumber.F_PREALLOCATE.value(), store);
        }
    }

    private static int punch(int fd, long offset, long bytes) {
        FileStat stat = new FileStat();
        int failed = stat.load(fd);
        if (failed < 0) {
            return failed;
        }
        if ((offset | bytes) % Math.max(1, stat.blockSize()) != 0) {
            return NOT_SUPPORTED;
        }
        try {
            return FileSpace.punchHole(fd, offset, bytes) ? 0 : NOT_SUPPORTED;
        } catch (ErrnoException e) {
            return -e.number();
        }
    }
}
