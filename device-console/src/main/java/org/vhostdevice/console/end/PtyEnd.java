package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines.Deadline;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Pty;
import org.vhostdevice.core.sys.StreamIo;
import org.vhostdevice.core.sys.Tty;
import org.vhostdevice.core.sys.WindowSize;

/// A pseudo-terminal as the host's end of a port. Programs such as `screen` and `minicom` open it, leave it
/// and open it again; while none has it open, nobody is there.
///
/// No host tells when a program opens it or changes the size of its window, so both are looked for from time
/// to time.
public final class PtyEnd implements HostEnd {
    private static final System.Logger LOG = System.getLogger("org.vhostdevice.console");
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final Pty pty;
    private final @Nullable Path link;
    private final Deadline next = new Deadline(this::look);
    private @Nullable EndContext context;
    private @Nullable EndEvents events;
    private WindowSize size = new WindowSize(0, 0);
    private boolean open;
    private boolean hungUp; // and not read to the end
    private boolean taken; // something by the last read
    private boolean wanted;
    private boolean full;

    /// Makes the pseudo-terminal, and says in the log where it is.
    ///
    /// @param port the name of the port, for messages
    /// @param link a symbolic link to be made to it, in place of one that is there; none if null
    /// @throws IOException if the host has no more pseudo-terminals, or something else has the name of the link
    public PtyEnd(String port, @Nullable Path link) throws IOException {
        this.pty = Pty.open();
        this.link = link;
        try {
            if (link != null) {
                makeLink(link, pty.path());
            }
        } catch (IOException e) {
            pty.close();
            throw e;
        }
        LOG.log(Level.INFO, port + " is " + pty.path() + (link == null ? "" : ", also as " + link));
    }

    private static void makeLink(Path link, Path target) throws IOException {
        if (Files.exists(link, LinkOption.NOFOLLOW_LINKS) && !Files.isSymbolicLink(link)) {
            throw new IOException(link + " exists and is no symbolic link");
        }
        Path made = link.resolveSibling(
                link.getFileName() + "." + ProcessHandle.current().pid());
        boolean _ = Files.deleteIfExists(made);
        Path _ = Files.createSymbolicLink(made, target);
        Path _ = Files.move(made, link, StandardCopyOption.ATOMIC_MOVE);
    }

    /// {@return where programs open it}
    public Path path() {
        return pty.path();
    }

    @Override
    public void start(EndContext lent, EndEvents told) throws IOException {
        context = lent;
        events = told;
        lent.watch(pty.fd(), 0, this::ready);
        look();
    }

    private void look() {
        if (context == null || events == null) {
            return;
        }
        if (open && pty.isHungUp()) {
            hangUp(events);
        } else if (open) {
            if (hungUp) { // no more: a program has opened it again
                hungUp = false;
                watch();
            }
            lookAtSize(events);
        } else if (isOpen()) {
            open = true;
            events.opened();
            lookAtSize(events);
            watch();
        }
        context.deadlines().set(next, LOOK_NANOS);
    }

    /// Whether a program has the terminal open: a poll that does not wait says whether it is hung up.
    private boolean isOpen() {
        try {
            if (pty.isHungUp()) {
                return false;
            }
            pty.keepRaw();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void lookAtSize(EndEvents told) {
        try {
            WindowSize now = Tty.size(pty.fd());
            if (now.isKnown() && !now.equals(size)) {
                size = now;
                told.resized(now.columns(), now.rows());
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, pty.path() + " has no size: " + e.getMessage());
        }
    }

    private void ready(int what) {
        EndEvents port = events;
        if (port == null) {
            return;
        }
        if ((what & Watcher.HANGUP) != 0) {
            hangUp(port);
            return;
        }
        if ((what & Watcher.READ) != 0 && wanted) {
            lookAtSize(port);
            port.readable();
        }
        if ((what & Watcher.WRITE) != 0 && full) {
            full = false;
            watch();
            port.writable();
        }
    }

    /// The program has closed it. What it sent before is read first, up to the end.
    private void hangUp(EndEvents port) {
        do {
            taken = false;
            port.readable();
        } while (open && taken);
        hungUp = open && !isOpen(); // the guest has no room for the rest, or a program has opened it again
        watch();
    }

    /// Everything that the program has sent is read.
    private void gone() {
        boolean waited = full;
        open = false;
        hungUp = false;
        full = false;
        watch();
        if (events != null) {
            events.closed();
            if (waited) {
                events.writable();
            }
        }
    }

    private void watch() {
        if (context != null) {
            int interest = Watcher.HANGUP | (wanted ? Watcher.READ : 0) | (full ? Watcher.WRITE : 0);
            context.rewatch(pty.fd(), open && !hungUp ? interest : 0);
        }
    }

    @Override
    public long write(Output output) {
        if (!open) {
            return output.length();
        }
        IoVecs vectors = output.vectors();
        try {
            long n = Math.max(0, StreamIo.writev(pty.fd(), vectors.segment(), vectors.count()));
            if (n < output.length()) {
                full = true;
                watch();
            }
            return n;
        } catch (IOException e) {
            return output.length(); // the program has closed it just now
        }
    }

    @Override
    public int read(MemorySegment into) {
        if (!open) {
            return 0;
        }
        long n;
        try {
            n = StreamIo.read(pty.fd(), into);
        } catch (IOException e) {
            n = 0; // as some hosts say it
        }
        if (n == 0) {
            gone();
        }
        taken = n > 0;
        return (int) Math.max(0, n);
    }

    @Override
    public void wantInput(boolean wants) {
        wanted = wants;
        hungUp &= !wants;
        watch();
    }

    @Override
    public void close() {
        if (context != null) {
            context.unwatch(pty.fd());
            context.deadlines().clear(next);
            context = null;
        }
        events = null;
        removeLink();
        pty.close();
    }

    private void removeLink() {
        try {
            if (link != null
                    && Files.isSymbolicLink(link)
                    && Files.readSymbolicLink(link).equals(pty.path())) {
                Files.delete(link);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the link " + link + " stays: " + e.getMessage());
        }
    }
}
