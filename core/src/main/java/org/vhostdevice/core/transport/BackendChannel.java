package org.vhostdevice.core.transport;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.OwnedFd;

/// The socket on which a back end asks its front end for something (SET_BACKEND_REQ_FD).
///
/// Any thread may send, but the one that answers the front end's messages should not: a front end may wait for
/// that answer before it reads here. A front end that does not read, or does not acknowledge, costs the sender
/// five seconds once; the channel is of no use after that and every send fails at once.
public final class BackendChannel implements AutoCloseable {
    /// How long a front end may take to read a request and to acknowledge it.
    static final long TIMEOUT_MILLIS = 5000;

    private final VhostUserConnection connection;
    private final boolean replyAck;
    private final long timeoutMillis;

    BackendChannel(VhostUserConnection connection, boolean replyAck, long timeoutMillis) {
        this.connection = connection;
        this.replyAck = replyAck;
        this.timeoutMillis = timeoutMillis;
    }

    /// Sends a request without descriptors and, where REPLY_ACK is negotiated, waits for its acknowledgement.
    ///
    /// @param request what is asked; one that is acknowledged
    /// @param payload of the shape [BackendRequest#payload()]
    /// @throws ProtocolException not fatal, when the front end refuses it; fatal, when the channel is lost
    /// @throws IOException when the channel is lost or was stopped
    public void send(BackendRequest request, Message payload) throws IOException {
        send(request, payload, List.of());
    }

    /// Sends a request and, where REPLY_ACK is negotiated, waits for its acknowledgement.
    ///
    /// @param request     what is asked; one that is acknowledged
    /// @param payload     of the shape [BackendRequest#payload()]
    /// @param descriptors go along and stay the caller's
    /// @throws ProtocolException not fatal, when the front end refuses it; fatal, when the channel is lost
    /// @throws IOException when the channel is lost or was stopped
    public synchronized void send(BackendRequest request, Message payload, List<OwnedFd> descriptors)
            throws IOException {
        Deadline deadline = Deadline.in(timeoutMillis);
        connection.request(request, payload, replyAck, descriptors, deadline);
        if (replyAck && !acknowledged(request, deadline)) {
            throw ProtocolException.refused("the front end refuses " + request);
        }
    }

    private boolean acknowledged(BackendRequest request, Deadline deadline) throws IOException {
        try (ReceivedMessage reply = connection.receiveReply(request, deadline)) {
            if (reply == null) {
                throw new EOFException("the front end closed the channel instead of acknowledging " + request);
            }
            return reply.replyTo(request).equals(Message.ACK);
        } catch (IOException e) {
            connection.abort();
            throw e;
        }
    }

    /// Closes the channel; a send that waits fails.
    @Override
    public void close() {
        connection.abort();
        synchronized (this) {
            connection.close();
        }
    }
}
