package org.vhostdevice.core.transport;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;

/// The back end's end of a vhost-user socket: whole messages with their descriptors, both ways.
///
/// One thread receives and closes; any thread sends. [#abort()], and the stop of the listener that made it, end
/// every wait.
public final class VhostUserConnection implements AutoCloseable {
    private static final int BUFFER_BYTES = MessageHeader.BYTES + MessageHeader.MAX_PAYLOAD;

    private final OwnedFd socket;
    private final int stopFd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment incoming = arena.allocate(BUFFER_BYTES, 8);
    private final Object sendLock = new Object();
    private final MemorySegment outgoing = arena.allocate(BUFFER_BYTES, 8);
    private final MemorySegment outgoingPayload = outgoing.asSlice(MessageHeader.BYTES);

    /// Whether all descriptors of the message being received came with its header, and not too many.
    private boolean wellFramed;

    /// Takes over a connected socket.
    ///
    /// @param stopFd descriptor that ends every wait once it is readable; stays the caller's
    VhostUserConnection(OwnedFd socket, int stopFd) {
        this.socket = socket;
        this.stopFd = stopFd;
    }

    /// Makes the channel for requests of this back end to its front end; it stops when this connection is stopped.
    ///
    /// @param channel  the descriptor of SET_BACKEND_REQ_FD, owned by the channel from now on
    /// @param replyAck whether REPLY_ACK is negotiated
    /// @return the channel
    public BackendChannel backendChannel(OwnedFd channel, boolean replyAck) {
        return new BackendChannel(new VhostUserConnection(channel, stopFd), replyAck, BackendChannel.TIMEOUT_MILLIS);
    }

    /// Waits for the next request, for as long as it takes.
    ///
    /// @return the request, which the caller closes; null when the peer has closed its end between two messages,
    ///     or when the listener was stopped or this connection aborted
    /// @throws ProtocolException fatal, when the bytes are not a request or end inside one
    /// @throws IOException when the host fails
    public @Nullable ReceivedMessage receive() throws IOException {
        return receive(MessageHeader::checkRequest, Deadline.NEVER);
    }

    /// Waits for the acknowledgement of a back end's request.
    @Nullable
    ReceivedMessage receiveReply(BackendRequest request, Deadline deadline) throws IOException {
        return receive(header -> header.checkReplyTo(request.id()), deadline);
    }

    /// What must be true of a header before the payload is read.
    private interface HeaderCheck {
        void check(MessageHeader header) throws ProtocolException;
    }

    private @Nullable ReceivedMessage receive(HeaderCheck check, Deadline deadline) throws IOException {
        FdBox descriptors = new FdBox();
        ReceivedMessage message = null;
        try {
            message = receive(check, descriptors, deadline);
            return message;
        } finally {
            if (message == null) {
                descriptors.close();
            }
        }
    }

    /// Reads a header, then exactly the payload that it announces, in whatever pieces they come. Descriptors that
    /// come with the payload are closed.
    private @Nullable ReceivedMessage receive(HeaderCheck check, FdBox descriptors, Deadline deadline)
            throws IOException {
        wellFramed = true;
        if (!fill(0, MessageHeader.BYTES, descriptors, deadline)) {
            return null;
        }
        MessageHeader header = MessageHeader.read(incoming);
        check.check(header);
        try (FdBox misplaced = new FdBox()) {
            if (!fill(MessageHeader.BYTES, MessageHeader.BYTES + header.size(), misplaced, deadline)) {
                return null;
            }
            wellFramed &= misplaced.isEmpty();
        }
        byte[] payload = incoming.asSlice(MessageHeader.BYTES, header.size()).toArray(ValueLayout.JAVA_BYTE);
        return new ReceivedMessage(header, MemorySegment.ofArray(payload), descriptors, wellFramed);
    }

    /// Reads the bytes `from` to `to` of a message.
    ///
    /// @return false when the stream ended before the message, or the wait was ended
    private boolean fill(int from, int to, FdBox descriptors, Deadline deadline) throws IOException {
        int at = from;
        while (at < to) {
            if (!await(Poller.READ, deadline)) {
                return false;
            }
            int n = receiveSome(at, to, descriptors);
            if (n == 0 && at == 0) {
                return false;
            }
            if (n == 0) {
                throw ProtocolException.fatal("the stream ended inside a message");
            }
            at += Math.max(0, n); // readable without a byte: the next wait tells
            if (descriptors.size() > MessageHeader.MAX_DESCRIPTORS) {
                // Closed at once: one message could otherwise bring hundreds with each of its bytes.
                descriptors.close();
                wellFramed = false;
            }
        }
        return true;
    }

    /// Reads what is there; a connection that the peer reset is one that ended.
    private int receiveSome(int at, int to, FdBox descriptors) throws IOException {
        try {
            return UnixSocket.tryReceive(socket.number(), incoming.asSlice(at), to - at, descriptors);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ECONNRESET) {
                return 0;
            }
            throw e;
        }
    }

    /// Waits until the socket is ready.
    ///
    /// @return false when the wait was ended by a stop
    private boolean await(int interest, Deadline deadline) throws IOException {
        while (true) {
            long millis = deadline.millisLeft();
            int ready = UnixSocket.poll(socket.number(), interest, stopFd, millis);
            if ((ready & UnixSocket.WOKEN) != 0) {
                return false;
            }
            if (ready != 0) {
                return true;
            }
            if (millis == 0) {
                throw ProtocolException.fatal("the other side kept us waiting for too long");
            }
        }
    }

    /// Answers a message.
    ///
    /// @param request what is answered
    /// @param payload the answer; an empty one to a request with a longer answer reports an error
    /// @throws IOException when the front end has gone, or was stopped while it did not read
    public void reply(ReceivedMessage request, Message payload) throws IOException {
        reply(request, payload, List.of());
    }

    /// Answers a message.
    ///
    /// @param request     what is answered
    /// @param payload     the answer
    /// @param descriptors go along and stay the caller's
    /// @throws IOException when the front end has gone, or was stopped while it did not read
    public void reply(ReceivedMessage request, Message payload, List<OwnedFd> descriptors) throws IOException {
        int id = request.header().request();
        send(id, MessageHeader.VERSION | MessageHeader.REPLY, payload, descriptors, Deadline.NEVER);
    }

    /// Sends a back end's request; a front end that does not read in time broke the protocol.
    void request(
            BackendRequest request, Message payload, boolean needReply, List<OwnedFd> descriptors, Deadline deadline)
            throws IOException {
        int flags = needReply ? MessageHeader.VERSION | MessageHeader.NEED_REPLY : MessageHeader.VERSION;
        send(request.id(), flags, payload, descriptors, deadline);
    }

    private void send(int id, int flags, Message payload, List<OwnedFd> descriptors, Deadline deadline)
            throws IOException {
        synchronized (sendLock) {
            if (socket.isClosed()) {
                throw new ClosedChannelException();
            }
            int size = MessageCodec.encode(payload, outgoingPayload);
            MessageHeader.write(outgoing, id, flags, size);
            try {
                transmit(MessageHeader.BYTES + size, descriptors, deadline);
            } catch (IOException e) {
                // A part may have gone out: nothing that follows could be understood.
                abort();
                throw e;
            }
        }
    }

    /// Whether something can be sent without waiting, or the connection has ended.
    boolean hasRoom() throws IOException {
        return UnixSocket.poll(socket.number(), Poller.WRITE, 0) != 0;
    }

    /// Waits until something can be sent, or the connection has ended.
    ///
    /// @throws InterruptedIOException when stopped
    void awaitRoom() throws IOException {
        if (!await(Poller.WRITE, Deadline.NEVER)) {
            throw new InterruptedIOException("stopped while the other side did not read");
        }
    }

    private void transmit(int bytes, List<OwnedFd> descriptors, Deadline deadline) throws IOException {
        int sent = 0;
        while (sent < bytes) {
            List<OwnedFd> along = sent == 0 ? descriptors : List.of();
            int n = UnixSocket.trySend(socket.number(), outgoing.asSlice(sent, bytes - sent), along);
            sent += n;
            if (n == 0 && !await(Poller.WRITE, deadline)) {
                throw new InterruptedIOException("stopped while the other side did not read");
            }
        }
    }

    /// Ends the connection for both sides: every wait of this side ends. Any thread may call it, at any time.
    public void abort() {
        synchronized (socket) {
            if (!socket.isClosed()) {
                shutdown();
            }
        }
    }

    private void shutdown() {
        try {
            UnixSocket.shutdown(socket.number());
        } catch (ErrnoException _) {
            // The other side has ended the connection already.
        }
    }

    /// Closes the socket, once no one sends any more. Only the thread that receives may call it.
    @Override
    public void close() {
        abort();
        synchronized (sendLock) {
            synchronized (socket) {
                if (!socket.isClosed()) {
                    socket.close();
                    arena.close();
                }
            }
        }
    }
}
