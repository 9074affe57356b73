package org.vhostdevice.fs.vfs;

import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;

/// An operation failed, as guests expect some to: it costs no more than a return. There is one object for each error.
public final class FsException extends Exception {
    private static final long serialVersionUID = 1L;

    private static final int NUMBERS = 200;
    private static final FsException[] ALL = new FsException[NUMBERS];

    static {
        for (int i = 0; i < NUMBERS; i++) {
            ALL[i] = new FsException(i);
        }
    }

    private final int errno;

    private FsException(int errno) {
        super("errno " + errno, null, false, false);
        this.errno = errno;
    }

    /// An error by name.
    ///
    /// @param errno one that this host knows
    /// @return the exception, to be thrown
    public static FsException of(Errno errno) {
        return ofHost(errno.number());
    }

    /// An error of this host.
    ///
    /// @param number as `errno` holds it
    /// @return the exception, to be thrown
    public static FsException ofHost(int number) {
        return ALL[Errno.linux(number)];
    }

    /// An error of this host.
    ///
    /// @param e what a call threw
    /// @return the exception, to be thrown
    public static FsException of(ErrnoException e) {
        return ofHost(e.number());
    }

    /// Throws if a system call failed that gives nothing back.
    ///
    /// @param result of the call: 0, or a negated error number of this host
    /// @throws FsException if it is negative
    public static void throwIf(int result) throws FsException {
        if (result < 0) {
            throw ofHost(-result);
        }
    }

    /// Throws if a system call failed.
    ///
    /// @param result of the call: 0 or more, or a negated error number of this host
    /// @return the result
    /// @throws FsException if it is negative
    public static int check(int result) throws FsException {
        if (result < 0) {
            throw ofHost(-result);
        }
        return result;
    }

    /// As [#check(int)].
    ///
    /// @param result of the call
    /// @return the result
    /// @throws FsException if it is negative
    public static long check(long result) throws FsException {
        if (result < 0) {
            throw ofHost((int) -result);
        }
        return result;
    }

    /// {@return the number that Linux has for the error, 1 or more}
    public int errno() {
        return errno;
    }
}
