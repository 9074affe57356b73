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
/// Any thread may send, but the one that answers the front end's messages should not wait here: a front end may wait
/// for that answer before it reads. A front end that does not read, or does not acknowledge, costs the sender of
/// [#send] five seconds once; the channel is of no use after that and every send fails at once. [#trySend] does not
/// wait, and what belongs to it waits for ever: for a thread that does nothing else.
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

    /// Sends a request without descriptors if the front end has left room for it, and does not wait.
    ///
    /// @param request   what is asked
    /// @param payload   of the shape [BackendRequest#payload()]
    /// @param needReply whether to ask for an acknowledgement, which is to be taken by [#awaitAcknowledgement]
    /// @return false if there is no room; nothing was sent
    /// @throws IOException when the channel is lost
    public boolean trySend(BackendRequest request, Message payload, boolean needReply) throws IOException {
        if (!connection.hasRoom()) {
            return false;
        }
        connection.request(request, payload, needReply, List.of(), Deadline.in(timeoutMillis));
        return true;
    }

    /// Waits, for as long as it takes, until the front end has left room for a request.
    ///
    /// @throws IOException when the channel was ended or the server stopped
    public void awaitRoom() throws IOException {
        connection.awaitRoom();
    }

    /// Waits, for as long as it takes, for the acknowledgement of a request that was sent by [#trySend]. One thread at
    /// a time.
    ///
    /// @param request the oldest that is not acknowledged
    /// @return whether the front end has obeyed
    /// @throws IOException when the channel is lost, was ended, or the server was stopped
    public boolean awaitAcknowledgement(BackendRequest request) throws IOException {
        return acknowledged(request, Deadline.NEVER);
    }

    /// Ends the channel for both sides: every wait ends. Any thread.
    public void abort() {
        connection.abort();
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
