package org.vhostdevice.core.sys;

import java.lang.foreign.MemorySegment;

/// Reads and writes at the position of an open file: pipes, terminals and files that grow, with one system call
/// each.
///
/// On a descriptor that was made non-blocking nothing waits. Nothing is allocated unless a call fails. Any thread.
public final class StreamIo {
    /// What is returned when nothing can be moved now.
    public static final int NOTHING = -1;

    private static final int F_GETFL = 3;
    private static final int ACCESS = 3;
    private static final int WRITE_ONLY = 1;

    private StreamIo() {}

    /// Reads up to the size of `into`.
    ///
    /// @param fd open for reading
    /// @param into native memory
    /// @return bytes read; 0 at the end; [#NOTHING] if none are there
    /// @throws ErrnoException if `read(2)` fails, with `EIO` from a terminal that was hung up
    public static long read(int fd, MemorySegment into) throws ErrnoException {
        long n;
        do {
            n = Libc.read(fd, into, into.byteSize());
        } while (n == Libc.EINTR);
        return moved("read", n);
    }

    /// Writes what fits of `count` buffers.
    ///
    /// @param fd open for writing
    /// @param iovecs an array of at least `count` `struct iovec`: address and length, 64 bits each;
    ///     the caller keeps the memory alive that they name
    /// @param count from 0 to 1024
    /// @return bytes written, or [#NOTHING] if none can be now
    /// @throws ErrnoException if `writev(2)` fails, with `EPIPE` if nobody reads any more, with `EFAULT` if a
    ///     buffer is not mapped
    public static long writev(int fd, MemorySegment iovecs, int count) throws ErrnoException {
        long n;
        do {
            n = Libc.writev(fd, iovecs, count);
        } while (n == Libc.EINTR);
        return moved("writev", n);
    }

    /// Writes what fits of a buffer.
    ///
    /// @param fd open for writing
    /// @param from native memory
    /// @return bytes written, or [#NOTHING] if none can be now
    /// @throws ErrnoException if `write(2)` fails, with `EPIPE` if nobody reads any more
    public static long write(int fd, MemorySegment from) throws ErrnoException {
        long n;
        do {
            n = Libc.write(fd, from, from.byteSize());
        } while (n == Libc.EINTR);
        return moved("write", n);
    }

    private static long moved(String call, long n) throws ErrnoException {
        if (n == Libc.EAGAIN) {
            return NOTHING;
        }
        ErrnoException.check(call, n);
        return n;
    }

    /// Takes over a descriptor that this process was started with, close-on-exec and non-blocking. All who share
    /// the open file see the latter.
    ///
    /// @param number of the descriptor
    /// @return its owner
    /// @throws ErrnoException with `EBADF` if it is not open; it is left as it was then
    public static OwnedFd adopt(int number) throws ErrnoException {
        ErrnoException.check("file descriptor " + number, Libc.fcntl(number, F_GETFL, 0));
        OwnedFd fd = new OwnedFd(number);
        fd.closeOnExec();
        fd.setNonBlocking();
        return fd;
    }

    /// Makes calls on an open file return at once instead of waiting, for everyone who shares it.
    ///
    /// @param fd open
    /// @return whether they would have waited before
    /// @throws ErrnoException if `fcntl(2)` fails
    public static boolean setNonBlocking(OwnedFd fd) throws ErrnoException {
        boolean waited = !fd.isNonBlocking();
        fd.setNonBlocking();
        return waited;
    }

    /// Whether a descriptor is open for reading.
    ///
    /// @param fd open
    /// @return whether it is
    /// @throws ErrnoException if `fcntl(2)` fails
    public static boolean isReadable(OwnedFd fd) throws ErrnoException {
        return access(fd) != WRITE_ONLY;
    }

    /// Whether a descriptor is open for writing.
    ///
    /// @param fd open
    /// @return whether it is
    /// @throws ErrnoException if `fcntl(2)` fails
    public static boolean isWritable(OwnedFd fd) throws ErrnoException {
        return access(fd) != 0;
    }

    private static int access(OwnedFd fd) throws ErrnoException {
        int flags = Libc.fcntl(fd.number(), F_GETFL, 0);
        ErrnoException.check("F_GETFL", flags);
        return flags & ACCESS;
    }
}
