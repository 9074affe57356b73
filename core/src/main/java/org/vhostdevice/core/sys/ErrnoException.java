package org.vhostdevice.core.sys;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/// A system call that failed on this host.
public final class ErrnoException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String call;
    private final int number;

    /// An error with its context.
    ///
    /// @param call what was called on what, as in `open /images/a.raw`
    /// @param number the host's error number
    public ErrnoException(String call, int number) {
        super(message(call, number));
        this.call = call;
        this.number = number;
    }

    /// What was called on what.
    ///
    /// @return as in `open /images/a.raw`
    public String call() {
        return call;
    }

    /// The host's error number; compare [#errno()] instead, which is the same on every host.
    ///
    /// @return the number as `errno` holds it
    public int number() {
        return number;
    }

    /// The error by name.
    ///
    /// @return [Errno#UNKNOWN] if the number has no name
    public Errno errno() {
        return Errno.of(number);
    }

    /// Throws if a result is a negated error number.
    static void check(String call, long result) throws ErrnoException {
        if (result < 0) {
            throw new ErrnoException(call, (int) -result);
        }
    }

    /// Throws if a result is a negated error number, naming the path that the call was for.
    static void check(String call, Path path, int result) throws ErrnoException {
        if (result < 0) {
            throw new ErrnoException(call + " " + path, -result);
        }
    }

    private static String message(String call, int number) {
        Errno errno = Errno.of(number);
        return call + ": " + errno.description() + " (" + (errno == Errno.UNKNOWN ? number : errno.name()) + ")";
    }
}
