package org.vhostdevice.core.sys;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// A pseudo-terminal: a terminal for other programs, whose other end is ours.
///
/// While no program has the terminal open, the descriptor is reported as hung up ([Poller#HANGUP]) and reads
/// of it fail with `EIO` or find nothing; that ends when a program opens it.
public final class Pty implements AutoCloseable {
    private static final int O_RDWR = 2;
    private static final int MAX_NAME = 1024;

    private final OwnedFd fd;
    private final Path path;
    private final TerminalMode usual;

    private Pty(OwnedFd fd, Path path, TerminalMode usual) {
        this.fd = fd;
        this.path = path;
        this.usual = usual;
    }

    /// Makes one, whose terminal is raw: nothing is echoed, and every byte passes unchanged. Our end is
    /// non-blocking.
    ///
    /// @return the caller's
    /// @throws ErrnoException if the host has no more of them
    public static Pty open() throws ErrnoException {
        // Not all hosts take O_CLOEXEC here.
        int flags = O_RDWR | AbiNumber.O_NOCTTY.value();
        OwnedFd fd = OwnedFd.ofInheritableResult("posix_openpt", Downcall.toInt(Symbol.POSIX_OPENPT, flags));
        try {
            ErrnoException.check("grantpt", Downcall.toInt(Symbol.GRANTPT, fd.number()));
            ErrnoException.check("unlockpt", Downcall.toInt(Symbol.UNLOCKPT, fd.number()));
            Path path = Path.of(name(fd.number()));
            fd.setNonBlocking();
            try (OwnedFd terminal = open(path)) {
                TerminalMode usual = Tty.mode(terminal.number());
                Tty.setMode(terminal.number(), usual.raw());
                return new Pty(fd, path, usual);
            }
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// {@return whether no program has the terminal open}
    public boolean isHungUp() {
        try {
            return (UnixSocket.poll(fd.number(), Poller.HANGUP, 0) & Poller.HANGUP) != 0;
        } catch (ErrnoException e) {
            return true;
        }
    }

    /// Makes the terminal raw again if it has the mode of a new one: some hosts give it that whenever it is
    /// opened by the first program.
    ///
    /// @throws ErrnoException if no program has it open
    public void keepRaw() throws ErrnoException {
        if (Tty.mode(fd.number()).equals(usual)) {
            Tty.setMode(fd.number(), usual.raw());
        }
    }

    /// Opens the terminal, as other programs do.
    ///
    /// @return its descriptor, blocking and close-on-exec
    /// @throws ErrnoException if the host refuses
    public OwnedFd openTerminal() throws ErrnoException {
        return open(path);
    }

    private static OwnedFd open(Path path) throws ErrnoException {
        return FileIo.open(path, OpenMode.READ_WRITE);
    }

    /// The function answers in memory that it uses again.
    @SuppressWarnings("restricted")
    private static synchronized String name(int fd) throws ErrnoException {
        long name = Downcall.toLong(Symbol.PTSNAME, fd);
        if (name == 0) {
            throw new ErrnoException("ptsname", Errno.ENOTTY.number());
        }
        return MemorySegment.ofAddress(name).reinterpret(MAX_NAME).getString(0);
    }

    /// {@return the number of our end}
    public int fd() {
        return fd.number();
    }

    /// {@return where other programs open the terminal}
    public Path path() {
        return path;
    }

    /// Closes our end, which hangs the terminal up.
    @Override
    public void close() {
        fd.close();
    }
}
