package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Advisory locks on images.
///
/// Where locks belong to an open file description, they are those of QEMU, so that each of both respects the other: a
/// user of an image keeps one byte locked for what it does (from 100 on) and one for what nobody else may do (from 200
/// on). Each lock is a shared one, and a conflict is that somebody else holds the other byte.
final class FileLocks {
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;

    private static final int USED = 100;
    private static final int UNSHARED = 200;

    // what one may do with an image
    private static final int CONSISTENT_READ = 0;
    private static final int WRITE = 1;
    private static final int RESIZE = 3;

    private static final List<Integer> READER = List.of(CONSISTENT_READ);
    private static final List<Integer> WRITER = List.of(CONSISTENT_READ, WRITE, RESIZE);
    private static final List<Integer> NOBODY_ELSE = List.of(WRITE, RESIZE);

    private FileLocks() {}

    /// Takes locks of the open file description with `F_OFD_SETLK`; if there is a conflict, they are given back.
    static boolean ofd(int fd, boolean exclusive) throws ErrnoException {
        List<Integer> used = exclusive ? WRITER : READER;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = arena.allocate(AbiNumber.FLOCK_SIZE.value(), 8);
            try {
                for (int what : used) {
                    set(fd, lock, AbiNumber.F_RDLCK, USED + what);
                }
                for (int what : NOBODY_ELSE) {
                    set(fd, lock, AbiNumber.F_RDLCK, UNSHARED + what);
                }
                if (used.stream().noneMatch(what -> heldByOthers(fd, lock, UNSHARED + what))
                        && NOBODY_ELSE.stream().noneMatch(what -> heldByOthers(fd, lock, USED + what))) {
                    return true;
                }
            } catch (ErrnoException e) {
                if (e.errno() != Errno.EAGAIN && e.errno() != Errno.EACCES) {
                    throw e;
                }
            }
            giveBack(fd, lock);
            return false;
        }
    }

    private static void set(int fd, MemorySegment lock, AbiNumber type, long at) throws ErrnoException {
        describe(HostAbi.current(), lock, type.value(), at, 1);
        ErrnoException.check("F_OFD_SETLK", Libc.fcntl(fd, AbiNumber.F_OFD_SETLK.value(), lock));
    }

    private static boolean heldByOthers(int fd, MemorySegment lock, long at) {
        HostAbi abi = HostAbi.current();
        describe(abi, lock, AbiNumber.F_WRLCK.on(abi), at, 1);
        return Libc.fcntl(fd, AbiNumber.F_OFD_GETLK.value(), lock) < 0
                || lock.get(JAVA_SHORT, AbiNumber.L_TYPE.on(abi)) != 2; // F_UNLCK
    }

    private static void giveBack(int fd, MemorySegment lock) {
        describe(HostAbi.current(), lock, 2, 0, 0);
        int _ = Libc.fcntl(fd, AbiNumber.F_OFD_SETLK.value(), lock);
    }

    /// Takes a lock with `flock(2)`.
    static boolean flock(int fd, boolean exclusive) throws ErrnoException {
        int result = Libc.flock(fd, LOCK_NB | (exclusive ? LOCK_EX : LOCK_SH));
        if (result == Libc.EAGAIN || result == -Errno.EACCES.number()) {
            return false;
        }
        ErrnoException.check("flock", result);
        return true;
    }

    /// Fills in a `struct flock`: `length` bytes from `start` on, counted from the file's start (`SEEK_SET` 0).
    static void describe(HostAbi abi, MemorySegment lock, int type, long start, long length) {
        MemorySegment _ = lock.fill((byte) 0); // l_pid, too
        lock.set(JAVA_SHORT, AbiNumber.L_TYPE.on(abi), (short) type);
        lock.set(JAVA_SHORT, AbiNumber.L_WHENCE.on(abi), (short) 0);
        lock.set(JAVA_LONG, AbiNumber.L_START.on(abi), start);
        lock.set(JAVA_LONG, AbiNumber.L_LEN.on(abi), length);
    }

    /// Reads a `struct flock` that the host has filled in.
    static FileCalls.Lock found(HostAbi abi, MemorySegment lock) {
        int type = lock.get(JAVA_SHORT, AbiNumber.L_TYPE.on(abi));
        int linux = type == AbiNumber.F_RDLCK.on(abi)
                ? FileCalls.READ_LOCK
                : type == AbiNumber.F_WRLCK.on(abi) ? FileCalls.WRITE_LOCK : FileCalls.UNLOCK;
        return new FileCalls.Lock(
                linux,
                lock.get(JAVA_LONG, AbiNumber.L_START.on(abi)),
                lock.get(JAVA_LONG, AbiNumber.L_LEN.on(abi)),
                lock.get(JAVA_INT, AbiNumber.L_PID.on(abi)));
    }
}
