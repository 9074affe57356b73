package org.vhostdevice.console.terminal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Optional;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.TerminalMode;
import org.vhostdevice.core.sys.Tty;
import org.vhostdevice.core.sys.WindowSize;

/// The terminal that this program was started on: raw while a guest has it, and as it was before at all other
/// times.
///
/// It is put back when the guest goes, when this is closed, when the program ends by itself, by an exception
/// or by a signal, before it is stopped (SIGTSTP), and by a [TerminalWatch] when it is killed. While the
/// program is in the background of its shell, the terminal is the shell's and is left alone. Any thread.
public final class UserTerminal implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("org.vhostdevice.console");

    private final int fd;
    private final TerminalMode before;
    private final Runnable changed;
    private final Thread hook = new Thread(this::leaveForEver, "vhost-terminal");
    private final @Nullable Object stop;
    private final @Nullable Object resumed;
    private final @Nullable Object resized;

    // guarded by this
    private @Nullable TerminalWatch watch;
    private boolean watched;
    private boolean wanted;
    private boolean raw;
    private boolean over;

    /// Takes the terminal up without changing it.
    ///
    /// @param fd of the terminal
    /// @param changed called when the window may have another size, or the program has come to the
    ///     foreground; any thread
    /// @throws IOException if it is no terminal
    public UserTerminal(int fd, Runnable changed) throws IOException {
        this.fd = fd;
        this.changed = changed;
        before = Tty.mode(fd);
        Runtime.getRuntime().addShutdownHook(hook);
        Thread _ = Thread.ofPlatform().daemon().name("vhost-terminal-watch").start(this::startWatch);
        stop = Signals.register("TSTP", this::stop);
        resumed = Signals.register("CONT", this::resume);
        resized = Signals.register("WINCH", changed);
    }

    /// Whether a descriptor leads to a terminal.
    ///
    /// @param fd any number
    /// @return whether an object can be made for it
    public static boolean isTerminal(int fd) {
        return Tty.isTerminal(fd);
    }

    private void startWatch() {
        TerminalWatch started = null;
        try {
            Optional<Path> name = Tty.name(fd);
            if (name.isPresent()) {
                started = TerminalWatch.start(name.get());
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the terminal is not put back if this process is killed: " + e.getMessage());
        }
        synchronized (this) {
            watch = started;
            watched = true;
            endWatch();
            makeRaw();
        }
    }

    private void endWatch() {
        if (over && watch != null) {
            watch.close();
            watch = null;
        }
    }

    /// Makes the terminal raw, as soon as it is watched and the program is in the foreground.
    public synchronized void enter() {
        wanted = !over;
        makeRaw();
    }

    private void makeRaw() {
        if (!wanted || !watched || !isForeground()) {
            return;
        }
        try {
            raw = true;
            Tty.setMode(fd, before.raw());
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the terminal is gone: " + e.getMessage());
        }
    }

    /// Puts the mode back that the terminal had at first.
    public synchronized void leave() {
        wanted = false;
        putBack();
    }

    private void putBack() {
        if (!raw) {
            return;
        }
        raw = false;
        try {
            if (isForeground()) {
                Tty.setMode(fd, before);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the terminal is gone: " + e.getMessage());
        }
    }

    /// {@return whether the program may use the terminal now: it is not in the background of its shell}
    public boolean isForeground() {
        return Tty.isForeground(fd);
    }

    /// {@return the size of the window, with zeros if it is not known}
    public WindowSize size() {
        try {
            return Tty.size(fd);
        } catch (IOException e) {
            return new WindowSize(0, 0);
        }
    }

    private void stop() {
        synchronized (this) {
            putBack();
        }
        Tty.stopProcess();
    }

    private void resume() {
        synchronized (this) {
            makeRaw();
        }
        changed.run();
    }

    private synchronized void leaveForEver() {
        over = true;
        leave();
        endWatch();
    }

    /// Puts the mode back for good.
    @Override
    public void close() {
        Signals.unregister("TSTP", stop);
        Signals.unregister("CONT", resumed);
        Signals.unregister("WINCH", resized);
        leaveForEver();
        try {
            boolean _ = Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook runs, and does the same.
        }
    }
}
