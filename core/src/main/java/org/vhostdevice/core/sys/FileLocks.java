package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Advisory locks on whole files.
final class FileLocks {
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;

    private FileLocks() {}

    /// Takes a lock of the open file description with `F_OFD_SETLK`.
    static boolean ofd(int fd, boolean exclusive) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = wholeFile(HostAbi.current(), exclusive, arena);
            return locked("F_OFD_SETLK", Libc.fcntl(fd, AbiNumber.F_OFD_SETLK.value(), lock));
        }
    }

    /// Takes a lock with `flock(2)`.
    static boolean flock(int fd, boolean exclusive) throws ErrnoException {
        return locked("flock", Libc.flock(fd, LOCK_NB | (exclusive ? LOCK_EX : LOCK_SH)));
    }

    /// A `struct flock` for the whole file: from its start (`SEEK_SET` 0) to wherever it ends (length 0).
    static MemorySegment wholeFile(HostAbi abi, boolean exclusive, Arena arena) {
        MemorySegment lock = arena.allocate(AbiNumber.FLOCK_SIZE.on(abi), 8);
        AbiNumber type = exclusive ? AbiNumber.F_WRLCK : AbiNumber.F_RDLCK;
        lock.set(JAVA_SHORT, AbiNumber.L_TYPE.on(abi), (short) type.on(abi));
        lock.set(JAVA_SHORT, AbiNumber.L_WHENCE.on(abi), (short) 0);
        lock.set(JAVA_LONG, AbiNumber.L_START.on(abi), 0);
        lock.set(JAVA_LONG, AbiNumber.L_LEN.on(abi), 0);
        return lock;
    }

    private static boolean locked(String call, int result) throws ErrnoException {
        if (result == Libc.EAGAIN || result == -Errno.EACCES.number()) {
            return false;
        }
        ErrnoException.check(call, result);
        return true;
    }
}
