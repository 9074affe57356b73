package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;

/// A socket to a back end on which whole messages are sent and received, each within a time limit. One thread at a
/// time.
final class MessageSocket implements AutoCloseable {
    private final OwnedFd socket;
    private final Duration timeout;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment outgoing = arena.allocate(MessageHeader.BYTES + MessageHeader.MAX_PAYLOAD, Long.BYTES);
    private final MemorySegment header = arena.allocate(MessageHeader.BYTES, Long.BYTES);
    private final MemorySegment payload = arena.allocate(MessageHeader.MAX_PAYLOAD, Long.BYTES);

    /// A message as received.
    ///
    /// @param header      its header, with a size that is not too large and otherwise not checked
    /// @param payload     its payload, valid until the next message is received
    /// @param descriptors what came along; owned by the receiver
    record Received(MessageHeader header, MemorySegment payload, List<OwnedFd> descriptors) {
        void closeDescriptors() {
            descriptors.forEach(OwnedFd::close);
        }
    }

    /// Takes a connected socket over.
    ///
    /// @param timeout for each message sent and each wait for one
    MessageSocket(OwnedFd socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    int fd() {
        return socket.number();
    }

    void send(int request, int flags, Message message, List<OwnedFd> descriptors) throws IOException {
        int size = MessageCodec.encode(message, outgoing.asSlice(MessageHeader.BYTES));
        MessageHeader.write(outgoing, request, flags, size);
        send(outgoing.asSlice(0, MessageHeader.BYTES + size), descriptors);
    }

    /// Sends bytes, whatever they are; the descriptors go with the first one.
    ///
    /// @param bytes native memory, not empty
    void send(MemorySegment bytes, List<OwnedFd> descriptors) throws IOException {
        long deadline = deadline();
        List<OwnedFd> passed = descriptors;
        try {
            for (long at = 0; at < bytes.byteSize(); ) {
                int n = UnixSocket.trySend(fd(), bytes.asSlice(at), passed);
                if (n == 0) {
                    await(Poller.WRITE, deadline, "room for a message");
                } else {
                    at += n;
                    passed = List.of();
                }
            }
        } catch (ErrnoException e) {
            throw disconnectedOr(e);
        }
    }

    /// Receives a message.
    ///
    /// @param what for the error message: what is waited for
    /// @throws BackendViolation if it is cut short, or longer than any legal one
    Received receive(String what) throws IOException {
        try (var descriptors = new FdBox()) {
            fill(header, MessageHeader.BYTES, descriptors, what);
            MessageHeader received = MessageHeader.read(header);
            int size = received.size();
            if (Integer.compareUnsigned(size, MessageHeader.MAX_PAYLOAD) > 0) {
                throw new BackendViolation("payload of " + Integer.toUnsignedString(size) + " bytes in " + what);
            }
            fill(payload, size, descriptors, what);
            return new Received(received, payload.asSlice(0, size), descriptors.takeAll());
        }
    }

    private void fill(MemorySegment into, int bytes, FdBox descriptors, String what) throws IOException {
        long deadline = deadline();
        int done = 0;
        while (done < bytes) {
            await(Poller.READ, deadline, what);
            int n = receive(into.asSlice(done), bytes - done, descriptors);
            if (n == 0) {
                throw new BackendDisconnected("the back end closed the connection instead of sending " + what);
            }
            done += Math.max(0, n);
        }
    }

    private int receive(MemorySegment into, int bytes, FdBox descriptors) throws IOException {
        try {
            return UnixSocket.tryReceive(fd(), into, bytes, descriptors);
        } catch (ErrnoException e) {
            throw disconnectedOr(e);
        }
    }

    /// Whether something can be received, or the connection has ended, within a time.
    boolean readable(Duration within) throws ErrnoException {
        return ready(Poller.READ, System.nanoTime() + within.toNanos());
    }

    private long deadline() {
        return System.nanoTime() + timeout.toNanos();
    }

    private void await(int interest, long deadline, String what) throws IOException {
        if (!ready(interest, deadline)) {
            throw new BackendTimeout(what + " did not come within " + timeout.toMillis() + " ms");
        }
    }

    private boolean ready(int interest, long deadline) throws ErrnoException {
        while (true) {
            long left = Math.max(0, deadline - System.nanoTime());
            if (UnixSocket.poll(fd(), interest, TimeUnit.NANOSECONDS.toMillis(left + 999_999)) != 0) {
                return true;
            }
            if (left == 0) {
                return false;
            }
        }
    }

    private static IOException disconnectedOr(ErrnoException e) {
        return switch (e.errno()) {
            case EPIPE, ECONNRESET, ENOTCONN -> disconnected(e);
            default -> e;
        };
    }

    private static BackendDisconnected disconnected(ErrnoException e) {
        var disconnected = new BackendDisconnected("the back end closed the connection");
        disconnected.initCause(e);
        return disconnected;
    }

    @Override
    public void close() {
        if (!socket.isClosed()) {
            socket.close();
            arena.close();
        }
    }
}
