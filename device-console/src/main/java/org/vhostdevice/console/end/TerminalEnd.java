package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.console.terminal.EscapeKey;
import org.vhostdevice.console.terminal.TerminalText;
import org.vhostdevice.console.terminal.UserTerminal;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.StreamIo;
import org.vhostdevice.core.sys.Tty;
import org.vhostdevice.core.sys.WindowSize;

/// The terminal that the program was started on, as the host's end of a port: raw while the guest has the
/// port open, with an escape key that is heard also when the guest takes no input.
public final class TerminalEnd implements HostEnd {
    private static final System.Logger LOG = System.getLogger("org.vhostdevice.console");

    /// What was typed and the guest has not taken yet; more than that waits in the terminal.
    private static final int TYPED_BYTES = 1 << 16;

    private final Runnable quit;
    private final OwnedFd in;
    private final OwnedFd out;
    private boolean outWatched;
    private final UserTerminal terminal;
    private final EscapeKey escape = new EscapeKey();
    private final MemorySegment typed = Arena.ofAuto().allocate(TYPED_BYTES);
    private int first;
    private int last;
    private volatile @Nullable EndContext context;
    private @Nullable EndEvents events;
    private boolean guestOpen;
    private boolean detached;
    private boolean wanted;
    private boolean full;

    /// Takes a terminal up. It is opened anew, so that what the shell has open stays as
    /// it is.
    ///
    /// @param fd the terminal, borrowed until the end is closed
    /// @param out where output goes: the terminal too, or what standard output leads to; non-blocking, closed
    ///     with the end
    /// @param quit ends the program, in order and soon
    /// @throws IOException if it is none
    public TerminalEnd(int fd, OwnedFd out, Runnable quit) throws IOException {
        this.quit = quit;
        this.out = out;
        in = Tty.reopen(fd);
        try {
            terminal = new UserTerminal(fd, this::changed);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    @Override
    public void start(EndContext lent, EndEvents told) throws IOException {
        events = told;
        context = lent;
        lent.watch(in.number(), Watcher.READ, _ -> type());
        watchOutput(lent);
        told.opened();
        tellSize();
    }

    /// A regular file cannot be watched, and need not be: it always has room.
    private void watchOutput(EndContext lent) {
        try {
            lent.watch(out.number(), 0, _ -> written());
            outWatched = true;
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "standard output is not watched: " + e.getMessage());
        }
    }

    /// The window has another size, or the program has come to the foreground. Any thread.
    private void changed() {
        EndContext lent = context;
        if (lent != null) {
            lent.execute(() -> {
                tellSize();
                watch();
            });
        }
    }

    private void tellSize() {
        WindowSize size = terminal.size();
        if (events != null && size.isKnown()) {
            events.resized(size.columns(), size.rows());
        }
    }

    private void watch() {
        EndContext lent = context;
        if (lent != null) {
            boolean reads = last < TYPED_BYTES && terminal.isForeground();
            lent.rewatch(in.number(), reads ? Watcher.READ : 0);
            if (outWatched) {
                lent.rewatch(out.number(), full ? Watcher.WRITE : 0);
            }
        }
    }

    /// Takes what the person has typed. In the background it is for the shell, and a read would stop the
    /// program.
    private void type() {
        if (!terminal.isForeground()) {
            watch();
            return;
        }
        try {
            int n = (int) StreamIo.read(in.number(), typed.asSlice(last));
            if (n == 0) {
                end("it was closed");
            } else if (n > 0) {
                take(last, last + n);
            }
        } catch (IOException e) {
            end(String.valueOf(e.getMessage()));
        }
    }

    private void end(String why) {
        LOG.log(Level.INFO, "the terminal is gone: " + why);
        EndContext lent = context;
        if (lent != null) {
            lent.rewatch(in.number(), 0);
        }
        quit.run();
    }

    /// Keeps what is for the guest of the bytes from `from` to `to`, and does what the rest says.
    private void take(int from, int to) {
        if (detached) {
            attach();
            return;
        }
        for (int i = from; i < to; i++) {
            byte key = typed.get(ValueLayout.JAVA_BYTE, i);
            switch (escape.take(key)) {
                case DATA -> keep(key);
                case ESCAPE -> show(TerminalText.MENU);
                case HELP -> show(TerminalText.HELP);
                case BREAK -> keep(EscapeKey.BREAK);
                case RESIZE -> tellSize();
                case DETACH -> {
                    detach();
                    return;
                }
                case QUIT -> quit.run();
                case NOTHING -> show(TerminalText.NOTHING);
            }
        }
        watch();
        tellReadable();
    }

    private void keep(byte key) {
        typed.set(ValueLayout.JAVA_BYTE, last++, key);
    }

    private void tellReadable() {
        if (wanted && first < last && events != null) {
            events.readable();
        }
    }

    private void detach() {
        detached = true;
        terminal.leave();
        show(TerminalText.DETACHED);
        if (events != null) {
            events.closed();
        }
        written();
    }

    private void attach() {
        detached = false;
        if (guestOpen) {
            terminal.enter();
        }
        if (events != null) {
            events.opened();
        }
        tellSize();
    }

    /// Puts out a text of ours, as far as there is room.
    private void show(TerminalText text) {
        try (Arena arena = Arena.ofConfined()) {
            long _ = StreamIo.write(in.number(), arena.allocateFrom(ValueLayout.JAVA_BYTE, text.bytes()));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the terminal takes nothing: " + e.getMessage());
        }
    }

    private void written() {
        if (full) {
            full = false;
            watch();
            if (events != null) {
                events.writable();
            }
        }
    }

    @Override
    public long write(Output output) {
        if (detached) {
            return output.length();
        }
        IoVecs vectors = output.vectors();
        try {
            long n = Math.max(0, StreamIo.writev(out.number(), vectors.segment(), vectors.count()));
            if (n < output.length()) {
                full = true;
                watch();
            }
            return n;
        } catch (IOException e) {
            return output.length(); // gone, which reading tells
        }
    }

    @Override
    public int read(MemorySegment into) {
        int n = (int) Math.min(into.byteSize(), last - first);
        MemorySegment.copy(typed, first, into, 0, n);
        first += n;
        if (first == last) {
            first = 0;
            last = 0;
            watch();
        }
        return n;
    }

    @Override
    public void wantInput(boolean wants) {
        wanted = wants;
        tellReadable();
    }

    @Override
    public void guestOpened(boolean open) {
        guestOpen = open;
        if (!open) {
            terminal.leave();
        } else if (!detached) {
            terminal.enter();
        }
    }

    @Override
    public void close() {
        EndContext lent = context;
        if (lent != null) {
            lent.unwatch(in.number());
            if (outWatched) {
                lent.unwatch(out.number());
            }
            context = null;
        }
        events = null;
        terminal.close();
        in.close();
        out.close();
    }
}
