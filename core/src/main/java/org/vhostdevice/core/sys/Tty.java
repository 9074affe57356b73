package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The terminal that a descriptor leads to. Any thread.
public final class Tty {
    private static final int TIOCGWINSZ = AbiNumber.TIOCGWINSZ.value();
    private static final int TIOCSWINSZ = AbiNumber.TIOCSWINSZ.value();
    private static final int SIGSTOP = AbiNumber.SIGSTOP.value();
    private static final int WINSIZE_BYTES = 8;
    private static final int TCSANOW = 0;
    private static final int MAX_NAME = 1024;
    private static final Path CONTROLLING = Path.of("/dev/tty");

    private Tty() {}

    /// Whether a descriptor leads to a terminal.
    ///
    /// @param fd any number
    /// @return false also if it is not open
    public static boolean isTerminal(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            return getMode(fd, arena.allocate(TerminalMode.TERMIOS_BYTES, 8)) == 0;
        }
    }

    /// The mode of a terminal.
    ///
    /// @param fd a terminal
    /// @return as it is now
    /// @throws ErrnoException with `ENOTTY` if it is none
    public static TerminalMode mode(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = arena.allocate(TerminalMode.TERMIOS_BYTES, 8);
            ErrnoException.check("tcgetattr", getMode(fd, termios));
            return TerminalMode.of(termios);
        }
    }

    /// Changes the mode of a terminal at once. A process in the background is stopped for that (`SIGTTOU`), see
    /// [#isForeground].
    ///
    /// @param fd a terminal
    /// @param mode of any terminal
    /// @throws ErrnoException with `ENOTTY` if it is none, with `EIO` if it has been hung up
    public static void setMode(int fd, TerminalMode mode) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = mode.allocate(arena);
            int result;
            do {
                result = Downcall.toInt(Symbol.TCSETATTR, fd, TCSANOW, termios, 0, 0);
            } while (result == Libc.EINTR);
            ErrnoException.check("tcsetattr", result);
        }
    }

    /// Whether this process may use the terminal as the one in front of the person: it is not in the
    /// background of the shell that runs there.
    ///
    /// @param fd a terminal
    /// @return true also if it does not control this process at all
    public static boolean isForeground(int fd) {
        int group = Downcall.toInt(Symbol.TCGETPGRP, fd);
        return group < 0 || group == Downcall.toInt(Symbol.GETPGRP, 0);
    }

    /// The path of a terminal, by which it can be opened again.
    ///
    /// @param fd any number
    /// @return nothing if it is no terminal, or has no name here
    public static Optional<Path> name(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(MAX_NAME);
            // Returns an error number, not -1.
            int result = Downcall.toInt(Symbol.TTYNAME_R, fd, name, MAX_NAME, 0);
            return result == 0 ? Optional.of(Path.of(name.getString(0))) : Optional.empty();
        }
    }

    /// Opens a terminal once more, apart from all who have it open already: what becomes of this descriptor
    /// does not change theirs.
    ///
    /// @param fd a terminal
    /// @return a descriptor for reading and writing, non-blocking and close-on-exec
    /// @throws ErrnoException with `ENOTTY` if it is none, with `EACCES` if it belongs to somebody else and
    ///     does not control this process either
    public static OwnedFd reopen(int fd) throws ErrnoException {
        TerminalMode _ = mode(fd);
        Path own = name(fd).filter(Files::isWritable).orElse(CONTROLLING);
        OwnedFd again = FileIo.open(own, OpenMode.READ_WRITE);
        try {
            again.setNonBlocking();
            return again;
        } catch (ErrnoException e) {
            again.close();
            throw e;
        }
    }

    /// The size of a terminal's window.
    ///
    /// @param fd a terminal
    /// @return its size; numbers that nobody has set are 0
    /// @throws ErrnoException with `ENOTTY` if it is none
    public static WindowSize size(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(WINSIZE_BYTES, 8);
            ErrnoException.check("TIOCGWINSZ", Libc.ioctl(fd, TIOCGWINSZ, size));
            return new WindowSize(
                    Short.toUnsignedInt(size.get(JAVA_SHORT, 2)), Short.toUnsignedInt(size.get(JAVA_SHORT, 0)));
        }
    }

    /// Sets the size of a terminal's window; its programs are told by `SIGWINCH`.
    ///
    /// @param fd a terminal, or the other end of a pseudo-terminal
    /// @param size in characters
    /// @throws ErrnoException with `ENOTTY` if it is none
    public static void setSize(int fd, WindowSize size) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment winsize = arena.allocate(WINSIZE_BYTES, 8);
            winsize.set(JAVA_SHORT, 0, (short) size.rows());
            winsize.set(JAVA_SHORT, 2, (short) size.columns());
            ErrnoException.check("TIOCSWINSZ", Libc.ioctl(fd, TIOCSWINSZ, winsize));
        }
    }

    /// Stops this process, as the suspend key of a terminal does, until somebody continues it.
    public static void stopProcess() {
        int _ = Downcall.toInt(Symbol.RAISE, SIGSTOP);
    }

    private static int getMode(int fd, MemorySegment termios) {
        return Downcall.toInt(Symbol.TCGETATTR, fd, termios, 0, 0);
    }
}
