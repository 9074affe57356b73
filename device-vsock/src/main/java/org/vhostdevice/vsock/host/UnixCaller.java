package org.vhostdevice.vsock.host;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines.Deadline;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;

/// Somebody who has connected to the guest's Unix socket and has not said yet which port he wants. No byte behind
/// the line is read, so that what he has sent already stays where it is.
final class UnixCaller implements Watcher {
    /// How long the line may take.
    private static final long LINE_NANOS = 10_000_000_000L;

    private static final int MESSAGE = 64;

    private final OwnedFd fd;
    private final SocketType type;
    private final SocketEnd end;
    private final Consumer<UnixCaller> gone;
    private final ConnectLine line = new ConnectLine();
    private final MemorySegment bytes = Arena.ofAuto().allocate(MESSAGE);
    private final IoVecs vectors = new IoVecs(1);
    private final Deadline late = new Deadline(this::hangUp);
    private @Nullable GuestSide guest;

    /// @param gone is told when this is no caller any more
    UnixCaller(OwnedFd fd, SocketIo io, SocketType type, Consumer<UnixCaller> gone) {
        this.fd = fd;
        this.type = type;
        this.end = new GreetedEnd(fd, io, type);
        this.gone = gone;
    }

    void attach(WorkerContext context, GuestSide newGuest) throws IOException {
        guest = newGuest;
        newGuest.deadlines().set(late, LINE_NANOS);
        end.attach(context, this);
        end.interest(Watcher.READ);
    }

    void detach() {
        if (guest != null) {
            guest.deadlines().clear(late);
            guest = null;
        }
        end.detach();
    }

    @Override
    public void ready(int what) {
        try {
            long n = read();
            if (n == HostEnd.END || line.isWrong()) {
                hangUp();
            } else if (line.port() != null) {
                handOver(line.port());
            }
        } catch (IOException e) {
            hangUp();
        }
    }

    private long read() throws IOException {
        vectors.clear();
        boolean _ = vectors.add(bytes.address(), type == SocketType.STREAM ? line.missing() : MESSAGE);
        long n = end.receive(vectors);
        for (long i = 0; i < n && !line.isWrong(); i++) {
            line.add(bytes.get(JAVA_BYTE, i));
        }
        boolean half = type == SocketType.SEQPACKET && n > 0 && line.port() == null;
        return half ? HostEnd.END : n;
    }

    private void handOver(int port) {
        GuestSide called = guest;
        if (called != null) {
            detach();
            leave(called);
            called.connect(end, port, type);
        }
    }

    private void hangUp() {
        GuestSide called = guest;
        close();
        if (called != null) {
            leave(called);
        }
    }

    private void leave(GuestSide called) {
        gone.accept(this);
        called.callerWent();
    }

    void close() {
        detach();
        end.close();
        fd.close();
    }

    /// An end that is told by a line that the guest has granted its connection.
    private static final class GreetedEnd extends SocketEnd {
        GreetedEnd(OwnedFd fd, SocketIo io, SocketType type) {
            super(fd, io, type, true);
        }

        @Override
        public void granted(int hostPort) throws IOException {
            byte[] text = ("OK " + Integer.toUnsignedString(hostPort) + "\n").getBytes(StandardCharsets.US_ASCII);
            try (Arena arena = Arena.ofConfined()) {
                IoVecs vectors = new IoVecs(1);
                boolean _ = vectors.add(arena.allocateFrom(JAVA_BYTE, text).address(), text.length);
                if (send(vectors, false) != text.length) {
                    throw new IOException("the caller does not read the answer");
                }
            }
        }
    }
}
