package org.vhostdevice.core.sys;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// A file descriptor that its one owner closes exactly once.
///
/// Any thread may close it, but not while another thread still calls the kernel with its number: the number may
/// belong to another file a moment later.
public final class OwnedFd implements AutoCloseable {
    private static final int CLOSED = -1;
    private static final VarHandle NUMBER;
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int FD_CLOEXEC = 1;
    private static final int O_NONBLOCK = AbiNumber.O_NONBLOCK.value();

    static {
        try {
            NUMBER = MethodHandles.lookup().findVarHandle(OwnedFd.class, "number", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int number;

    /// Takes over an open descriptor.
    ///
    /// @param number open, and owned by no one else
    /// @throws IllegalArgumentException if `number` is negative
    public OwnedFd(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("not a file descriptor: " + number);
        }
        this.number = number;
    }

    /// Takes over the result of a system call, close-on-exec already set.
    static OwnedFd ofResult(String call, int result) throws ErrnoException {
        ErrnoException.check(call, result);
        return new OwnedFd(result);
    }

    /// Takes over the result of a system call and sets close-on-exec.
    static OwnedFd ofInheritableResult(String call, int result) throws ErrnoException {
        OwnedFd fd = ofResult(call, result);
        try {
            fd.closeOnExec();
            return fd;
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// The number that system calls know it by.
    ///
    /// @return 0 or more
    /// @throws IllegalStateException if it was closed or released
    public int number() {
        int n = number;
        if (n == CLOSED) {
            throw new IllegalStateException("the file descriptor is closed");
        }
        return n;
    }

    /// Whether it was closed or released.
    ///
    /// @return whether there is no number any more
    public boolean isClosed() {
        return number == CLOSED;
    }

    /// A second descriptor of the same open file, with its own owner and close-on-exec set.
    ///
    /// @return a descriptor of the caller's own
    /// @throws ErrnoException if the process has too many open files
    public OwnedFd duplicate() throws ErrnoException {
        return ofResult("F_DUPFD_CLOEXEC", Libc.fcntl(number(), AbiNumber.F_DUPFD_CLOEXEC.value(), 0));
    }

    /// Gives the number up: the caller owns the descriptor from now on.
    ///
    /// @return the number
    /// @throws IllegalStateException if it was closed or released
    public int release() {
        int n = (int) NUMBER.getAndSet(this, CLOSED);
        if (n == CLOSED) {
            throw new IllegalStateException("the file descriptor is closed");
        }
        return n;
    }

    /// Closes it. A second call does nothing; an error is not reported, since the number is gone in any case.
    @Override
    public void close() {
        int n = (int) NUMBER.getAndSet(this, CLOSED);
        if (n != CLOSED) {
            var _ = Libc.close(n);
        }
    }

    @Override
    public String toString() {
        int n = number;
        return n == CLOSED ? "fd closed" : "fd " + n;
    }

    void closeOnExec() throws ErrnoException {
        int flags = Libc.fcntl(number(), F_GETFD, 0);
        ErrnoException.check("F_GETFD", flags);
        ErrnoException.check("F_SETFD", Libc.fcntl(number(), F_SETFD, flags | FD_CLOEXEC));
    }

    boolean isNonBlocking() throws ErrnoException {
        return (statusFlags() & O_NONBLOCK) != 0;
    }

    /// Makes calls return at once instead of waiting, for everyone who shares the open file description.
    void setNonBlocking() throws ErrnoException {
        int flags = statusFlags();
        if ((flags & O_NONBLOCK) == 0) {
            setStatusFlags(flags | O_NONBLOCK);
        }
    }

    /// Undoes the `O_NONBLOCK` of our own `open(2)`; a description that came from elsewhere is left as it is.
    void setBlocking() throws ErrnoException {
        setStatusFlags(statusFlags() & ~O_NONBLOCK);
    }

    private int statusFlags() throws ErrnoException {
        int flags = Libc.fcntl(number(), F_GETFL, 0);
        ErrnoException.check("F_GETFL", flags);
        return flags;
    }

    private void setStatusFlags(int flags) throws ErrnoException {
        ErrnoException.check("F_SETFL", Libc.fcntl(number(), F_SETFL, flags));
    }
}
