package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.StreamIo;

/// Descriptors: a terminal, the ends of pipes, a socket, or a file. One may be for both ways.
///
/// The end of input is the end of input only: output goes on until a write says that nobody reads. Where one descriptor
/// is for both ways, it is the end of all.
public final class FdEnd implements HostEnd {
    private final LogOnce log;
    private final @Nullable OwnedFd in;
    private final @Nullable OwnedFd out;
    private @Nullable EndContext context; // from the start on
    private @Nullable EndEvents events; // likewise
    private boolean inWatched;
    private boolean outWatched;
    private boolean inEnded;
    private boolean closed;
    private boolean wanted;
    private boolean idle; // input waits that nobody wants yet
    private boolean waiting; // for room to write

    /// Makes an end.
    ///
    /// @param name of it in messages
    /// @param in non-blocking, closed with the end; null for no input
    /// @param out non-blocking, closed with the end; the same as `in` for both ways; null for no output
    public FdEnd(String name, @Nullable OwnedFd in, @Nullable OwnedFd out) {
        this.log = new LogOnce(name);
        this.in = in;
        this.out = out;
        this.inEnded = in == null;
    }

    /// Takes over a descriptor that this process was started with.
    ///
    /// @param number of it
    /// @return the end, for the ways that it was opened for
    /// @throws IOException if it is not open
    public static FdEnd inherited(int number) throws IOException {
        OwnedFd fd = StreamIo.adopt(number);
        try {
            return new FdEnd(
                    "file descriptor " + number,
                    StreamIo.isReadable(fd) ? fd : null,
                    StreamIo.isWritable(fd) ? fd : null);
        } catch (IOException e) {
            fd.close();
            throw e;
        }
    }

    @Override
    public void start(EndContext newContext, EndEvents newEvents) {
        context = newContext;
        events = newEvents;
        inWatched = in != null && tryWatch(newContext, in);
        outWatched = in == out ? inWatched : out != null && tryWatch(newContext, out);
        newEvents.opened();
        rewatch();
    }

    /// Regular files cannot be watched, and are always ready.
    private boolean tryWatch(EndContext loop, OwnedFd fd) {
        try {
            loop.watch(fd.number(), 0, what -> ready(fd, what));
            return true;
        } catch (IOException e) {
            log.tell("is not watched: " + e.getMessage());
            return false;
        }
    }

    private void ready(OwnedFd fd, int what) {
        EndEvents port = events;
        if (port == null) {
            return;
        }
        if (fd == in && !inEnded && (what & (Watcher.READ | Watcher.HANGUP)) != 0) {
            idle = !wanted;
            port.readable();
            rewatch();
        }
        if (fd == out && waiting && !closed && (what & (Watcher.WRITE | Watcher.HANGUP)) != 0) {
            waiting = false;
            rewatch();
            port.writable();
        }
    }

    private void rewatch() {
        if (context == null) {
            return;
        }
        int reading = inEnded ? 0 : wanted ? Watcher.READ | Watcher.HANGUP : idle ? 0 : Watcher.HANGUP;
        int writing = waiting ? Watcher.WRITE : 0;
        if (in != null && inWatched && !in.isClosed()) {
            context.rewatch(in.number(), in == out ? reading | writing : reading);
        }
        if (out != null && outWatched && in != out && !out.isClosed()) {
            context.rewatch(out.number(), writing);
        }
    }

    @Override
    public long write(Output output) {
        if (out == null || closed) {
            return output.length();
        }
        IoVecs vectors = output.vectors();
        long n;
        try {
            n = StreamIo.writev(out.number(), vectors.segment(), vectors.count());
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EFAULT) { // of guest memory that was taken away
                fail(e);
            }
            return output.length();
        }
        long taken = Math.max(0, n);
        if (taken < output.length()) {
            waiting = true;
            rewatch();
        }
        return taken;
    }

    @Override
    public int read(MemorySegment into) {
        if (in == null || inEnded) {
            return 0;
        }
        try {
            idle = false;
            long n = StreamIo.read(in.number(), into);
            if (n == 0) {
                endInput();
            }
            return (int) Math.max(0, n);
        } catch (ErrnoException e) {
            fail(e);
            return 0;
        }
    }

    private void endInput() {
        inEnded = true;
        if (in == out) {
            gone();
        } else {
            rewatch();
        }
    }

    private void fail(ErrnoException e) {
        if (e.errno() != Errno.EPIPE && e.errno() != Errno.ECONNRESET) {
            log.failed(e);
        }
        gone();
    }

    private void gone() {
        if (!closed) {
            closed = true;
            inEnded = true;
            waiting = false;
            rewatch();
            if (events != null) {
                events.closed();
            }
        }
    }

    @Override
    public void wantInput(boolean now) {
        wanted = now;
        idle = false;
        if (inWatched) {
            rewatch();
        } else if (now && !inEnded && context != null) {
            context.execute(this::readUnwatched);
        }
    }

    private void readUnwatched() {
        if (wanted && !inEnded && events != null) {
            events.readable();
        }
    }

    @Override
    public void close() {
        EndContext loop = context;
        context = null;
        events = null;
        if (in != null && !in.isClosed()) {
            unwatch(loop, in, inWatched);
            in.close();
        }
        if (out != null && !out.isClosed()) {
            unwatch(loop, out, outWatched);
            out.close();
        }
    }

    private static void unwatch(@Nullable EndContext loop, OwnedFd fd, boolean watched) {
        if (loop != null && watched) {
            loop.unwatch(fd.number());
        }
    }
}
