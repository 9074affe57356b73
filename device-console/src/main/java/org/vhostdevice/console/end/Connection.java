package org.vhostdevice.console.end;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketIo;

/// A connection to a client or a server, with telnet on it or not. Worker's thread.
final class Connection implements AutoCloseable {
    /// What [#receive] returns when the other side has ended the connection, or it is broken.
    static final int ENDED = -2;

    /// What [#receive] returns when there is nothing now.
    static final int NOTHING = -1;

    /// Room that [Telnet#decode] needs behind what was received.
    private static final int SLACK = 2;

    private static final int PIECE = 16 << 10;

    private final OwnedFd fd;
    private final SocketIo io;
    private final LogOnce log;
    private final Telnet telnet;
    private final IoVecs vectors = new IoVecs(1);
    private @Nullable MemorySegment piece; // with telnet
    private @Nullable MemorySegment pending; // likewise
    private int pendingStart;
    private int pendingEnd;
    private boolean broken;

    /// Is told of the size of the other side's window.
    @FunctionalInterface
    interface Resized {
        void resized(int columns, int rows);
    }

    /// @param fd closed with the connection
    /// @param resized told of the size of the other side's window
    Connection(OwnedFd fd, SocketIo io, LogOnce log, TelnetMode mode, Resized resized) {
        this.fd = fd;
        this.io = io;
        this.log = log;
        this.telnet = new Telnet(mode, new Telnet.Events() {
            @Override
            public void reply(int[] command) {
                add(command);
                boolean _ = flush();
            }

            @Override
            public void resized(int columns, int rows) {
                resized.resized(columns, rows);
            }
        });
    }

    int fd() {
        return fd.number();
    }

    boolean isBroken() {
        return broken;
    }

    /// Begins, if the other side is to be greeted.
    void greet() {
        telnet.greet();
    }

    /// Sends output, as much as goes now.
    ///
    /// @return the bytes taken; all if the connection is broken
    long send(Output output) {
        if (broken) {
            return output.length();
        }
        if (!telnet.isOn()) {
            return flush() ? sendNow(output.vectors(), output.length()) : 0;
        }
        long all = output.length();
        long done = 0;
        while (done < all && flush()) {
            int some = (int) Math.min(PIECE, all - done);
            escape(output, done, some);
            done += some;
        }
        boolean _ = flush();
        return done;
    }

    /// Whether bytes wait here for the other side to read.
    boolean hasPending() {
        return pendingStart < pendingEnd;
    }

    /// Sends what waits here.
    ///
    /// @return whether nothing waits any longer
    boolean flush() {
        MemorySegment from = pending;
        while (hasPending() && from != null) {
            vectors.clear();
            int length = pendingEnd - pendingStart;
            boolean _ = vectors.add(from.address() + pendingStart, length);
            long sent = sendNow(vectors, length);
            pendingStart += (int) sent;
            if (sent < length) {
                return false;
            }
        }
        pendingStart = 0;
        pendingEnd = 0;
        return true;
    }

    private long sendNow(IoVecs what, long length) {
        if (broken) {
            return length;
        }
        try {
            return Math.max(0, io.send(fd.number(), what.segment(), what.count(), false));
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EFAULT) { // of guest memory that was taken away
                fail(e);
            }
            return length;
        }
    }

    private void fail(ErrnoException e) {
        broken = true;
        log.tell(String.valueOf(e.getMessage()));
    }

    private void escape(Output output, long position, int bytes) {
        MemorySegment from = piece();
        MemorySegment into = room(2 * bytes);
        output.copy(position, from, bytes);
        for (int i = 0; i < bytes; i++) {
            byte value = from.get(ValueLayout.JAVA_BYTE, i);
            into.set(ValueLayout.JAVA_BYTE, pendingEnd++, value);
            if (value == (byte) Telnet.IAC) {
                into.set(ValueLayout.JAVA_BYTE, pendingEnd++, value);
            }
        }
    }

    private void add(int[] command) {
        MemorySegment into = room(command.length);
        if (into.byteSize() - pendingEnd < command.length) {
            return; // a client that reads no answers gets none
        }
        for (int value : command) {
            into.set(ValueLayout.JAVA_BYTE, pendingEnd++, (byte) value);
        }
    }

    /// Memory with room behind [#pendingEnd], if nothing or little waits.
    private MemorySegment room(int bytes) {
        MemorySegment there = pending;
        if (there == null) {
            there = Arena.ofAuto().allocate(3L * PIECE);
            pending = there;
        }
        if (there.byteSize() - pendingEnd < bytes) {
            MemorySegment.copy(there, pendingStart, there, 0, pendingEnd - pendingStart);
            pendingEnd -= pendingStart;
            pendingStart = 0;
        }
        return there;
    }

    private MemorySegment piece() {
        MemorySegment there = piece;
        if (there == null) {
            there = Arena.ofAuto().allocate(PIECE);
            piece = there;
        }
        return there;
    }

    /// Receives input.
    ///
    /// @param into where it goes, more than two bytes
    /// @return bytes received, or one of [#NOTHING] and [#ENDED]; 0 if there were commands only
    int receive(MemorySegment into) {
        if (broken) {
            return ENDED;
        }
        try {
            int slack = telnet.looks() ? SLACK : 0;
            vectors.clear();
            boolean _ = vectors.add(into.address(), into.byteSize() - slack);
            long n = io.receive(fd.number(), vectors.segment(), 1);
            if (n == 0) {
                return ENDED;
            }
            if (n == SocketIo.NOTHING) {
                return NOTHING;
            }
            return telnet.looks() ? telnet.decode(into, (int) n) : (int) n;
        } catch (ErrnoException e) {
            fail(e);
            return ENDED;
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
