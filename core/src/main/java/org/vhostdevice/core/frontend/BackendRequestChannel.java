package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.protocol.MessageHeader.REPLY;
import static org.vhostdevice.core.protocol.MessageHeader.VERSION;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.vhostdevice.core.frontend.MessageSocket.Received;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;

/// The front end's side of the socket on which the back end sends requests (SET_BACKEND_REQ_FD). One thread at a time
/// serves it, by [#serve]; [#waitFor] tells when there is something to do.
public final class BackendRequestChannel implements AutoCloseable {
    private final MessageSocket socket;
    private final OwnedFd backendEnd;
    private final BackendRequestHandler handler;

    private BackendRequestChannel(MessageSocket socket, OwnedFd backendEnd, BackendRequestHandler handler) {
        this.socket = socket;
        this.backendEnd = backendEnd;
        this.handler = handler;
    }

    /// Makes both ends.
    ///
    /// @param handler for the requests
    /// @param timeout for the rest of a message once it has begun, and for sending an answer
    /// @return the front end's side, which still holds the other end
    /// @throws IOException if the host refuses
    public static BackendRequestChannel create(BackendRequestHandler handler, Duration timeout) throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        return new BackendRequestChannel(new MessageSocket(pair.get(0), timeout), pair.get(1), handler);
    }

    /// {@return the end for the back end; to be closed by [#closeBackendEnd] when it was passed}
    public OwnedFd backendEnd() {
        return backendEnd;
    }

    /// Closes our copy of the back end's end, so that the end of the back end is noticed.
    public void closeBackendEnd() {
        backendEnd.close();
    }

    /// {@return the number of the front end's socket, to wait on}
    public int fd() {
        return socket.fd();
    }

    /// Waits for a request.
    ///
    /// @param within how long
    /// @return whether [#serve] finds a request, or the end of the connection
    /// @throws IOException if the host refuses
    public boolean waitFor(Duration within) throws IOException {
        return socket.readable(within);
    }

    /// Receives one request, has it served and answers it if it wants an answer. Waits for it if there is none yet.
    ///
    /// @throws BackendDisconnected if the back end closed the channel
    /// @throws BackendViolation    if it sent something that is not a request; nothing after it can be trusted
    /// @throws IOException         if the host refuses
    public void serve() throws IOException {
        Received received = socket.receive("a request of the back end");
        received.closeDescriptors();
        MessageHeader header = received.header();
        if ((header.flags() & MessageHeader.VERSION_MASK) != VERSION || header.isReply()) {
            throw new BackendViolation("not a request of a back end: " + header);
        }
        BackendRequest request = BackendRequest.of(header.request());
        long answer = answer(request, received);
        if (header.needReply() || request.hasOwnReply()) {
            socket.send(header.request(), VERSION | REPLY, new Message.U64(answer), List.of());
        }
    }

    private long answer(BackendRequest request, Received received) {
        try {
            Message payload = MessageCodec.decode(request, received.payload());
            request.descriptors().check(request, payload, received.descriptors().size());
            return handler.handle(request, payload);
        } catch (ProtocolException e) {
            return 1;
        }
    }

    /// Closes both ends.
    @Override
    public void close() {
        backendEnd.close();
        socket.close();
    }
}
