package org.vhostdevice.core.sys;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;

/// System calls on files, memory and descriptors with typed arguments; those on sockets are in [SocketCalls].
///
/// Each returns what the call returns, or the negated error number. Nothing is retried and nothing is thrown but
/// for programming errors. A buffer must be native memory and hold the bytes that the call may touch, and stays
/// alive until the call returns.
final class Libc {
    /// What a call returns that a signal interrupted.
    static final int EINTR = -Errno.EINTR.number();

    /// What a call on a non-blocking descriptor returns that would have to wait.
    static final int EAGAIN = -Errno.EAGAIN.number();

    private static final int MAP_SHARED = 1;
    private static final int SPACECTL_DEALLOC = 1;
    private static final int FUTEX = AbiNumber.SYS_FUTEX.or(-1);
    private static final int EPOLL_PWAIT2 = AbiNumber.SYS_EPOLL_PWAIT2.or(-1);
    private static final int IO_URING_SETUP = AbiNumber.SYS_IO_URING_SETUP.or(-1);
    private static final int IO_URING_ENTER = AbiNumber.SYS_IO_URING_ENTER.or(-1);

    private Libc() {}

    static int open(MemorySegment path, int flags, int mode) {
        return Downcall.toInt(Symbol.OPEN, checked(path, 1), flags, mode);
    }

    static int shmOpen(MemorySegment name, int flags, int mode) {
        return Downcall.toInt(Symbol.SHM_OPEN, checked(name, 1), flags, mode);
    }

    static int shmUnlink(MemorySegment name) {
        return Downcall.toInt(Symbol.SHM_UNLINK, checked(name, 1), 0, 0);
    }

    static int memfdCreate(MemorySegment name, int flags) {
        return Downcall.toInt(Symbol.MEMFD_CREATE, checked(name, 1), flags, 0);
    }

    static int close(int fd) {
        return Downcall.toInt(Symbol.CLOSE, fd);
    }

    static long read(int fd, MemorySegment into, long bytes) {
        return Downcall.toLong(Symbol.READ, fd, checked(into, bytes), bytes, 0, 0);
    }

    static long write(int fd, MemorySegment from, long bytes) {
        return Downcall.toLong(Symbol.WRITE, fd, checked(from, bytes), bytes, 0, 0);
    }

    static long writev(int fd, MemorySegment iovecs, int count) {
        return Downcall.toLong(Symbol.WRITEV, fd, checkedIovecs(iovecs, count), count, 0, 0);
    }

    static long pread(int fd, MemorySegment into, long bytes, long offset) {
        return Downcall.toLong(Symbol.PREAD, fd, checked(into, bytes), bytes, offset, 0);
    }

    static long pwrite(int fd, MemorySegment from, long bytes, long offset) {
        return Downcall.toLong(Symbol.PWRITE, fd, checked(from, bytes), bytes, offset, 0);
    }

    static long preadv(int fd, MemorySegment iovecs, int count, long offset) {
        return Downcall.toLong(Symbol.PREADV, fd, checkedIovecs(iovecs, count), count, offset, 0);
    }

    static long pwritev(int fd, MemorySegment iovecs, int count, long offset) {
        return Downcall.toLong(Symbol.PWRITEV, fd, checkedIovecs(iovecs, count), count, offset, 0);
    }

    /// Reads at an offset, or at the current position (-1), with flags such as `RWF_NOWAIT`.
    static long preadv2(int fd, MemorySegment iovecs, int count, long offset, int flags) {
        return Downcall.toLong(Symbol.PREADV2, fd, checkedIovecs(iovecs, count), count, offset, flags);
    }

    /// Writes at the current position (-1), with flags such as `RWF_NOWAIT`.
    static long pwritev2(int fd, MemorySegment iovecs, int count, int flags) {
        return Downcall.toLong(Symbol.PWRITEV2, fd, checkedIovecs(iovecs, count), count, -1, flags);
    }

    static int fstat(int fd, MemorySegment stat) {
        return Downcall.toInt(Symbol.FSTAT, fd, checked(stat, FileIo.STAT_SIZE), 0, 0);
    }

    static int fcntl(int fd, int command, long argument) {
        return Downcall.toInt(Symbol.FCNTL, fd, command, argument);
    }

    static int fcntl(int fd, int command, MemorySegment argument) {
        return Downcall.toInt(Symbol.FCNTL, fd, command, checked(argument, 1), 0, 0);
    }

    static int ioctl(int fd, int request, MemorySegment argument) {
        return Downcall.toInt(Symbol.IOCTL, fd, Integer.toUnsignedLong(request), checked(argument, 1), 0, 0);
    }

    /// An `ioctl` without an argument.
    static int ioctl(int fd, int request) {
        return Downcall.toInt(Symbol.IOCTL, fd, Integer.toUnsignedLong(request), 0);
    }

    static int flock(int fd, int operation) {
        return Downcall.toInt(Symbol.FLOCK, fd, operation);
    }

    static int fsync(int fd) {
        return Downcall.toInt(Symbol.FSYNC, fd);
    }

    static int fdatasync(int fd) {
        return Downcall.toInt(Symbol.FDATASYNC, fd);
    }

    static int fallocate(int fd, int mode, long offset, long bytes) {
        return Downcall.toInt(Symbol.FALLOCATE, fd, mode, offset, bytes, 0, 0);
    }

    /// Gives up the range in a `struct spacectl_range`.
    static int fspacectl(int fd, MemorySegment range) {
        return Downcall.toInt(Symbol.FSPACECTL, fd, SPACECTL_DEALLOC, checked(range, 16), 0, 0);
    }

    static long lseek(int fd, long offset, int whence) {
        return Downcall.toLong(Symbol.LSEEK, fd, offset, whence, 0, 0, 0);
    }

    static int ioUringSetup(int entries, MemorySegment parameters) {
        try {
            return (int) Downcall.systemCall(
                    IO_URING_SETUP, entries, checked(parameters, 120).address(), 0, 0, 0, 0);
        } finally {
            Reference.reachabilityFence(parameters);
        }
    }

    /// Submits requests and, with `IORING_ENTER_GETEVENTS` (1) in the flags, runs what completes them.
    ///
    /// @param argument `struct io_uring_getevents_arg`, for `IORING_ENTER_EXT_ARG` (8)
    /// @param argumentBytes its size, 0 to pass none
    static int ioUringEnter(int ring, int submit, int complete, int flags, MemorySegment argument, long argumentBytes) {
        try {
            long address =
                    argumentBytes == 0 ? 0 : checked(argument, argumentBytes).address();
            return (int) Downcall.systemCall(IO_URING_ENTER, ring, submit, complete, flags, address, argumentBytes);
        } finally {
            Reference.reachabilityFence(argument);
        }
    }

    static int ftruncate(int fd, long size) {
        return Downcall.toInt(Symbol.FTRUNCATE, fd, size);
    }

    /// Maps `bytes` of a file from `offset` on, shared, at an address of the kernel's choice.
    ///
    /// @return the address, or the negated error number
    static long mmapShared(long bytes, int protection, int fd, long offset) {
        return Downcall.toLong(Symbol.MMAP, 0, bytes, protection, MAP_SHARED, fd, offset);
    }

    static int munmap(long address, long bytes) {
        return Downcall.toInt(Symbol.MUNMAP, address, bytes);
    }

    static int eventfd(int count, int flags) {
        return Downcall.toInt(Symbol.EVENTFD, count, flags);
    }

    /// Makes a pipe; `fds` receives the read end and the write end as two ints.
    static int pipe(MemorySegment fds) {
        return Downcall.toInt(Symbol.PIPE, checked(fds, 8), 0, 0);
    }

    static int pipe2(MemorySegment fds, int flags) {
        return Downcall.toInt(Symbol.PIPE2, checked(fds, 8), flags, 0);
    }

    static int poll(MemorySegment pollfds, int count, int timeoutMillis) {
        return Downcall.toInt(Symbol.POLL, checked(pollfds, 8L * count), count, timeoutMillis);
    }

    static int epollCreate1(int flags) {
        return Downcall.toInt(Symbol.EPOLL_CREATE1, flags);
    }

    static int epollCtl(int epoll, int operation, int fd, MemorySegment event) {
        return Downcall.toInt(Symbol.EPOLL_CTL, epoll, operation, fd, checked(event, EpollPoller.EVENT_SIZE), 0);
    }

    static int epollWait(int epoll, MemorySegment events, int capacity, int timeoutMillis) {
        long bytes = (long) capacity * EpollPoller.EVENT_SIZE;
        return Downcall.toInt(Symbol.EPOLL_WAIT, epoll, checked(events, bytes), capacity, timeoutMillis);
    }

    /// As [#epollWait] with a `struct timespec`, where the kernel has that.
    static int epollWaitFine(int epoll, MemorySegment events, int capacity, MemorySegment timeout) {
        long bytes = (long) capacity * EpollPoller.EVENT_SIZE;
        try {
            return (int) Downcall.systemCall(
                    EPOLL_PWAIT2,
                    epoll,
                    checked(events, bytes).address(),
                    capacity,
                    checked(timeout, 16).address(),
                    0,
                    0);
        } finally {
            Reference.reachabilityFence(events);
            Reference.reachabilityFence(timeout);
        }
    }

    static int kqueue() {
        return Downcall.toInt(Symbol.KQUEUE, 0);
    }

    /// Applies changes to a kqueue.
    static int keventChange(int kqueue, MemorySegment changes, int count) {
        return Downcall.toInt(Symbol.KEVENT, kqueue, changes, count, 0);
    }

    /// Waits for up to `capacity` events; a `timeout` of [MemorySegment#NULL] waits for ever.
    static int keventWait(int kqueue, MemorySegment events, int capacity, MemorySegment timeout) {
        try {
            return Downcall.toInt(Symbol.KEVENT, kqueue, 0, 0, events.address(), capacity, timeout.address());
        } finally {
            Reference.reachabilityFence(events);
            Reference.reachabilityFence(timeout);
        }
    }

    /// Changes the aligned 32-bit word at an address as `operation` encodes it (`FUTEX_WAKE_OP` 5 with
    /// `FUTEX_PRIVATE_FLAG` 128), atomically with regard to every process that maps it.
    ///
    /// Only waiters of this process at this address could be woken; there are none.
    ///
    /// @return 0 or more, or the negated error number: `EFAULT` if there is no memory (any more)
    static int futexWakeOp(long address, int operation) {
        return (int) Downcall.systemCall(FUTEX, address, 5 | 128, 0, 0, address, operation);
    }

    static long sysconf(int name) {
        return Downcall.toLong(Symbol.SYSCONF, name);
    }

    static int getrlimit(int resource, MemorySegment limit) {
        return Downcall.toInt(Symbol.GETRLIMIT, resource, checked(limit, 16), 0, 0);
    }

    static int setrlimit(int resource, MemorySegment limit) {
        return Downcall.toInt(Symbol.SETRLIMIT, resource, checked(limit, 16), 0, 0);
    }

    static int umask(int mask) {
        return Downcall.toInt(Symbol.UMASK, mask);
    }

    private static MemorySegment checkedIovecs(MemorySegment iovecs, int count) {
        return checked(iovecs, 16L * count);
    }

    /// The buffer, after a check that the kernel may touch `bytes` there.
    static MemorySegment checked(MemorySegment buffer, long bytes) {
        if (!buffer.isNative()) {
            throw new IllegalArgumentException("not native memory: " + buffer);
        }
        Objects.checkFromIndexSize(0, bytes, buffer.byteSize());
        return buffer;
    }
}
