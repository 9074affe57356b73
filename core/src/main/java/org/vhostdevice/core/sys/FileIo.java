package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// Files and block devices through their descriptors.
///
/// Reads and writes allocate nothing unless they fail, are repeated when a signal interrupts them, and may
/// transfer less than asked. All methods may be called by any thread.
public final class FileIo {
    static final int STAT_SIZE = AbiNumber.STAT_SIZE.value();

    private static final int ST_MODE = AbiNumber.ST_MODE.value();
    private static final int ST_SIZE = AbiNumber.ST_SIZE.value();
    private static final int ST_BLKSIZE = AbiNumber.ST_BLKSIZE.value();
    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int NEW_FILE_MODE = 0666;
    private static final boolean NOWAIT = Capability.NOWAIT_IO.available();
    private static final int RWF_NOWAIT = AbiNumber.RWF_NOWAIT.or(0);

    private FileIo() {}

    /// Opens a file, with close-on-exec.
    ///
    /// A FIFO is opened without waiting for its other end, so that the caller can see by [#status] that it is none
    /// of the kinds it wants. The permissions of a new file are 0666 less the umask.
    ///
    /// @param path taken relative to the working directory
    /// @param mode what it is opened for
    /// @return its descriptor
    /// @throws ErrnoException if it does not exist, exists already, or may not be opened
    public static OwnedFd open(Path path, OpenMode mode) throws ErrnoException {
        return open(path, mode, 0);
    }

    /// Opens a file that exists for transfers past the host's page cache, with close-on-exec.
    ///
    /// @param path taken relative to the working directory
    /// @param mode reading only, or reading and writing
    /// @return its descriptor
    /// @throws ErrnoException if it may not be opened, or the file system has no such transfers
    public static OwnedFd openDirect(Path path, OpenMode mode) throws ErrnoException {
        OwnedFd fd = open(path, mode, AbiNumber.O_DIRECT.or(0));
        if (AbiNumber.F_NOCACHE.isUsable()) {
            int _ = Libc.fcntl(fd.number(), AbiNumber.F_NOCACHE.value(), 1); // advice
        }
        return fd;
    }

    /// Opens a directory, with close-on-exec.
    ///
    /// @param path taken relative to the working directory; a symbolic link is followed
    /// @return its descriptor
    /// @throws ErrnoException if it is none, or may not be opened
    public static OwnedFd openDirectory(Path path) throws ErrnoException {
        return open(path, OpenMode.READ_ONLY, AbiNumber.O_DIRECTORY.value());
    }

    /// Opens a file so that its descriptor only names it, with close-on-exec, on hosts that have `O_PATH`.
    static OwnedFd openName(Path path) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            int flags = AbiNumber.O_PATH.value() | AbiNumber.O_CLOEXEC.value();
            int result = Libc.open(NativePath.allocate(path, arena), flags, 0);
            ErrnoException.check("open", path, result);
            return new OwnedFd(result);
        }
    }

    private static OwnedFd open(Path path, OpenMode mode, int more) throws ErrnoException {
        int flags = switch (mode) {
                    case READ_ONLY -> 0;
                    case READ_WRITE -> O_RDWR;
                    case APPEND -> O_WRONLY | AbiNumber.O_CREAT.value() | AbiNumber.O_APPEND.value();
                    case CREATE_NEW -> O_RDWR | AbiNumber.O_CREAT.value() | AbiNumber.O_EXCL.value();
                }
                | AbiNumber.O_CLOEXEC.value()
                | AbiNumber.O_NOCTTY.value()
                | AbiNumber.O_NONBLOCK.value()
                | more;
        OwnedFd fd;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = NativePath.allocate(path, arena);
            int result;
            do {
                result = Libc.open(name, flags, NEW_FILE_MODE);
            } while (result == Libc.EINTR);
            ErrnoException.check(mode == OpenMode.CREATE_NEW ? "create" : "open", path, result);
            fd = new OwnedFd(result);
        }
        try {
            fd.setBlocking();
            return fd;
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// What an open file is.
    ///
    /// @param fd any open descriptor
    /// @return kind and sizes at this moment
    /// @throws ErrnoException if `fstat(2)` fails
    public static FileStatus status(OwnedFd fd) throws ErrnoException {
        return status(fd.number());
    }

    static FileStatus status(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(STAT_SIZE, 8);
            ErrnoException.check("fstat", Libc.fstat(fd, stat));
            return new FileStatus(
                    FileStatus.kindOf(stat.get(JAVA_SHORT, ST_MODE)),
                    stat.get(JAVA_LONG, ST_SIZE),
                    stat.get(JAVA_INT, ST_BLKSIZE));
        }
    }

    /// Reads from byte `offset` of the file into `count` buffers.
    ///
    /// @param fd open for reading
    /// @param iovecs an array of at least `count` `struct iovec`: address and length, 64 bits each;
    ///     the caller keeps the memory alive that they name
    /// @param count from 0 to 1024
    /// @param offset 0 or more
    /// @return bytes read, 0 at the end of the file
    /// @throws ErrnoException if `preadv(2)` fails, with `EFAULT` if a buffer is not mapped
    public static long preadv(int fd, MemorySegment iovecs, int count, long offset) throws ErrnoException {
        long n;
        do {
            n = Libc.preadv(fd, iovecs, count, offset);
        } while (n == Libc.EINTR);
        ErrnoException.check("preadv", n);
        return n;
    }

    /// Reads into `count` buffers what the host has in memory, without waiting for a medium.
    ///
    /// @param fd open for reading
    /// @param iovecs as for [#preadv]
    /// @param count from 0 to 1024
    /// @param offset 0 or more
    /// @return bytes read, from the first on; 0 if none can be read now, if they cannot be read at all, or if the
    ///     host or the file does not know such reads
    public static long preadvNowait(int fd, MemorySegment iovecs, int count, long offset) {
        return NOWAIT ? Math.max(0, Libc.preadv2(fd, iovecs, count, offset, RWF_NOWAIT)) : 0;
    }

    /// Writes `count` buffers to the file from byte `offset` on.
    ///
    /// @param fd open for writing
    /// @param iovecs an array of at least `count` `struct iovec`: address and length, 64 bits each;
    ///     the caller keeps the memory alive that they name
    /// @param count from 0 to 1024
    /// @param offset 0 or more
    /// @return bytes written
    /// @throws ErrnoException if `pwritev(2)` fails, with `EFAULT` if a buffer is not mapped
    public static long pwritev(int fd, MemorySegment iovecs, int count, long offset) throws ErrnoException {
        long n;
        do {
            n = Libc.pwritev(fd, iovecs, count, offset);
        } while (n == Libc.EINTR);
        ErrnoException.check("pwritev", n);
        return n;
    }

    /// Reads up to the size of `into` from byte `offset` of the file.
    ///
    /// @param fd open for reading
    /// @param into native memory
    /// @param offset 0 or more
    /// @return bytes read, 0 at the end of the file
    /// @throws ErrnoException if `pread(2)` fails
    public static long pread(int fd, MemorySegment into, long offset) throws ErrnoException {
        long n;
        do {
            n = Libc.pread(fd, into, into.byteSize(), offset);
        } while (n == Libc.EINTR);
        ErrnoException.check("pread", n);
        return n;
    }

    /// Writes up to the size of `from` to the file from byte `offset` on.
    ///
    /// @param fd open for writing
    /// @param from native memory
    /// @param offset 0 or more
    /// @return bytes written
    /// @throws ErrnoException if `pwrite(2)` fails
    public static long pwrite(int fd, MemorySegment from, long offset) throws ErrnoException {
        long n;
        do {
            n = Libc.pwrite(fd, from, from.byteSize(), offset);
        } while (n == Libc.EINTR);
        ErrnoException.check("pwrite", n);
        return n;
    }

    /// Waits until everything written so far survives a loss of power.
    ///
    /// That is `fdatasync(2)` on Linux and FreeBSD, `F_FULLFSYNC` on macOS, and on both of the latter an `ioctl` of
    /// their own for a disk.
    ///
    /// @param fd open for reading or writing
    /// @throws ErrnoException if it fails; what was written may be lost then
    public static void flush(int fd) throws ErrnoException {
        DurableSync.sync(fd);
    }

    /// Sets the size of a file in bytes; what is added reads as zeros.
    ///
    /// @param fd open for writing
    /// @param size 0 or more
    /// @throws ErrnoException if `ftruncate(2)` fails
    public static void truncate(int fd, long size) throws ErrnoException {
        int result;
        do {
            result = Libc.ftruncate(fd, size);
        } while (result == Libc.EINTR);
        ErrnoException.check("ftruncate", result);
    }

    /// The size of a disk in bytes.
    ///
    /// @param fd an open disk
    /// @return bytes, a multiple of [#deviceBlockSize(int)]
    /// @throws ErrnoException if `fd` is no disk
    public static long deviceSize(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_LONG);
            HostAbi abi = HostAbi.current();
            if (AbiNumber.DEVICE_BYTES.existsOn(abi)) {
                ErrnoException.check("device size", Libc.ioctl(fd, AbiNumber.DEVICE_BYTES.on(abi), value));
                return value.get(JAVA_LONG, 0);
            }
            ErrnoException.check("device size", Libc.ioctl(fd, AbiNumber.DEVICE_BLOCKS.value(), value));
            return Math.multiplyExact(value.get(JAVA_LONG, 0), deviceBlockSize(fd));
        }
    }

    /// The smallest unit of I/O of a disk in bytes.
    ///
    /// @param fd an open disk
    /// @return bytes, a power of two such as 512 or 4096
    /// @throws ErrnoException if `fd` is no disk
    public static int deviceBlockSize(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            ErrnoException.check("device block size", Libc.ioctl(fd, AbiNumber.DEVICE_BLOCK_SIZE.value(), value));
            return value.get(JAVA_INT, 0);
        }
    }

    /// Locks the whole file for as long as its open file description lives, if no one else has locked it.
    ///
    /// The lock is advisory and does not exclude other descriptors of the same open file description.
    ///
    /// @param fd a regular file or a disk
    /// @param exclusive no one else may have a lock, for which `fd` must be open for writing; otherwise no one
    ///     else may have an exclusive one
    /// @return whether it is locked now
    /// @throws ErrnoException if the file system has no locks; the message says which kind was tried
    public static boolean tryLock(int fd, boolean exclusive) throws ErrnoException {
        return Capability.OFD_LOCKS.available() ? FileLocks.ofd(fd, exclusive) : FileLocks.flock(fd, exclusive);
    }
}
