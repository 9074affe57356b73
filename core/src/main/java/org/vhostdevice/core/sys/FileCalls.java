package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// System calls on open files, as a file server needs them beyond [FileIo].
///
/// Results are as the calls give them, errors as negated numbers of this host ([Errno#linux] translates). Any thread.
@SuppressWarnings("ReachabilityFenceUsage") // calls do not throw
public final class FileCalls {
    /// Locks of [#lock]: shared, exclusive, none. The numbers of Linux.
    public static final int READ_LOCK = 0;

    /// See [#READ_LOCK].
    public static final int WRITE_LOCK = 1;

    /// See [#READ_LOCK].
    public static final int UNLOCK = 2;

    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int LOCK_UN = 8;
    private static final int COUNT_BYTES = AbiNumber.STATVFS_COUNT_BYTES.value();
    private static final int NOT_SUPPORTED = -Errno.EOPNOTSUPP.number();

    private FileCalls() {}

    /// Closes a descriptor.
    ///
    /// @param fd owned by the caller
    public static void close(int fd) {
        int _ = Libc.close(fd);
    }

    /// Sets the length of a file.
    ///
    /// @param fd open for writing
    /// @param bytes 0 or more
    /// @return 0
    public static int truncate(int fd, long bytes) {
        return Downcall.toInt(Symbol.FTRUNCATE, fd, bytes);
    }

    /// Puts a file on stable storage.
    ///
    /// @param fd a file or directory
    /// @param dataOnly whether what is not needed to read it back may wait
    /// @return 0
    public static int sync(int fd, boolean dataOnly) {
        if (AbiNumber.F_FULLFSYNC.isUsable()) {
            int full = Libc.fcntl(fd, AbiNumber.F_FULLFSYNC.value(), 0);
            return full < 0 ? Libc.fsync(fd) : 0;
        }
        return dataOnly ? Libc.fdatasync(fd) : Libc.fsync(fd);
    }

    /// Puts the whole file system of a file on stable storage.
    ///
    /// @param fd a file or directory
    /// @return 0
    public static int syncFileSystem(int fd) {
        return Symbol.SYNCFS.isUsable() ? Downcall.toInt(Symbol.SYNCFS, fd) : sync(fd, false);
    }

    /// Reserves, frees or moves room in a file (`fallocate(2)`).
    ///
    /// @param fd open for writing
    /// @param mode the flags of Linux
    /// @param offset of the first byte
    /// @param bytes how many
    /// @return 0; `EOPNOTSUPP` for what this host cannot do
    public static int allocate(int fd, int mode, long offset, long bytes) {
        return Capability.FALLOCATE.available()
                ? Libc.fallocate(fd, mode, offset, bytes)
                : FileAllocation.allocate(fd, mode, offset, bytes);
    }

    /// Finds data or a hole.
    ///
    /// @param fd an open file
    /// @param offset where the search begins
    /// @param hole whether a hole is wanted, otherwise data
    /// @return the position
    public static long seek(int fd, long offset, boolean hole) {
        return Libc.lseek(fd, offset, (hole ? AbiNumber.SEEK_HOLE : AbiNumber.SEEK_DATA).value());
    }

    /// Copies from one file to another on the host.
    ///
    /// @param from open for reading
    /// @param offset in it
    /// @param to open for writing
    /// @param toOffset in it
    /// @param bytes at most
    /// @return bytes copied
    public static long copyRange(int from, long offset, int to, long toOffset, long bytes) {
        if (!Symbol.COPY_FILE_RANGE.isUsable()) {
            return NOT_SUPPORTED;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment offsets = arena.allocate(JAVA_LONG, 2);
            offsets.set(JAVA_LONG, 0, offset);
            offsets.set(JAVA_LONG, 8, toOffset);
            long at = offsets.address();
            return Downcall.toLong(Symbol.COPY_FILE_RANGE, from, at, to, at + 8, bytes, 0);
        }
    }

    /// Takes or gives back a lock of the whole open file description (`flock(2)`), without waiting.
    ///
    /// @param fd an open file
    /// @param type [#READ_LOCK], [#WRITE_LOCK] or [#UNLOCK]
    /// @return 0; the number of `EAGAIN` if somebody else has it
    public static int lockWhole(int fd, int type) {
        int operation = switch (type) {
            case READ_LOCK -> LOCK_SH;
            case WRITE_LOCK -> LOCK_EX;
            default -> LOCK_UN;
        };
        return Libc.flock(fd, operation | LOCK_NB);
    }

    /// Takes or gives back a lock on bytes that belongs to the open file description, without waiting.
    ///
    /// @param fd an open file
    /// @param type [#READ_LOCK], [#WRITE_LOCK] or [#UNLOCK]
    /// @param start the first byte
    /// @param bytes how many, 0 for all up to the end
    /// @return 0; the number of `EAGAIN` if somebody else has it, of `EOPNOTSUPP` if the host has no such locks
    public static int lock(int fd, int type, long start, long bytes) {
        if (!Capability.OFD_LOCKS.available()) {
            return NOT_SUPPORTED;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = arena.allocate(AbiNumber.FLOCK_SIZE.value(), 8);
            FileLocks.describe(HostAbi.current(), lock, hostType(type), start, bytes);
            return Libc.fcntl(fd, AbiNumber.F_OFD_SETLK.value(), lock);
        }
    }

    /// A lock that somebody has.
    ///
    /// @param type [#READ_LOCK], [#WRITE_LOCK] or, if there is none, [#UNLOCK]
    /// @param start the first byte
    /// @param bytes how many, 0 for all up to the end
    /// @param pid of this host, 0 or less if it belongs to no process
    public record Lock(int type, long start, long bytes, int pid) {}

    /// Asks whether a lock could be taken.
    ///
    /// @param fd an open file
    /// @param type [#READ_LOCK] or [#WRITE_LOCK]
    /// @param start the first byte
    /// @param bytes how many, 0 for all up to the end
    /// @return a lock that is in the way
    /// @throws ErrnoException if the host cannot say
    public static Lock conflict(int fd, int type, long start, long bytes) throws ErrnoException {
        HostAbi abi = HostAbi.current();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = arena.allocate(AbiNumber.FLOCK_SIZE.value(), 8);
            FileLocks.describe(abi, lock, hostType(type), start, bytes);
            ErrnoException.check("F_OFD_GETLK", Libc.fcntl(fd, AbiNumber.F_OFD_GETLK.value(), lock));
            return FileLocks.found(abi, lock);
        }
    }

    private static int hostType(int type) {
        return switch (type) {
            case READ_LOCK -> AbiNumber.F_RDLCK.value();
            case WRITE_LOCK -> AbiNumber.F_WRLCK.value();
            default -> UNLOCK;
        };
    }

    /// What the host says about a file system.
    ///
    /// @param blockSize the preferred unit of I/O in bytes
    /// @param fragmentSize the unit of the next three, in bytes
    /// @param blocks all
    /// @param free not used
    /// @param available not used, for those without privileges
    /// @param files all inodes
    /// @param freeFiles unused inodes
    /// @param nameMax longest name in bytes
    public record FileSystemStat(
            int blockSize,
            int fragmentSize,
            long blocks,
            long free,
            long available,
            long files,
            long freeFiles,
            int nameMax) {}

    /// Asks about the file system of a file.
    ///
    /// @param fd any descriptor
    /// @return what there is
    /// @throws ErrnoException if the host cannot say
    public static FileSystemStat statFileSystem(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(AbiNumber.STATVFS_SIZE.value(), 8);
            ErrnoException.check("fstatvfs", Downcall.toInt(Symbol.FSTATVFS, fd, stat, 0, 0));
            return new FileSystemStat(
                    stat.get(JAVA_INT, AbiNumber.STATVFS_BSIZE.value()),
                    stat.get(JAVA_INT, AbiNumber.STATVFS_FRSIZE.value()),
                    count(stat, AbiNumber.STATVFS_BLOCKS),
                    count(stat, AbiNumber.STATVFS_BFREE),
                    count(stat, AbiNumber.STATVFS_BAVAIL),
                    count(stat, AbiNumber.STATVFS_FILES),
                    count(stat, AbiNumber.STATVFS_FFREE),
                    stat.get(JAVA_INT, AbiNumber.STATVFS_NAMEMAX.value()));
        }
    }

    /// A count, which macOS has in 32 bits.
    private static long count(MemorySegment stat, AbiNumber offset) {
        return COUNT_BYTES == Integer.BYTES
                ? Integer.toUnsignedLong(stat.get(JAVA_INT, offset.value()))
                : stat.get(JAVA_LONG, offset.value());
    }

    /// Does an `ioctl(2)` that reads or writes a buffer.
    ///
    /// @param fd an open file
    /// @param request a number of this host, whose buffer is as long as `buffer` or shorter
    /// @param buffer native memory
    /// @return what the call returns
    public static int control(int fd, int request, MemorySegment buffer) {
        int result = Libc.ioctl(fd, request, buffer);
        Reference.reachabilityFence(buffer);
        return result;
    }
}
