package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.protocol.MessageHeader.NEED_REPLY;
import static org.vhostdevice.core.protocol.MessageHeader.REPLY;
import static org.vhostdevice.core.protocol.MessageHeader.VERSION;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.vhostdevice.core.frontend.MessageSocket.Received;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.OwnedFd;

/// Requests and what answers them, one after the other. Any thread; descriptors that are passed stay the caller's.
final class RequestExchange {
    private static final Duration NOW = Duration.ZERO;

    private final MessageSocket socket;
    private boolean acknowledged;

    /// @param socket the owner's
    RequestExchange(MessageSocket socket) {
        this.socket = socket;
    }

    /// Says whether requests without a reply of their own ask for an acknowledgement from now on.
    synchronized void acknowledge(boolean on) {
        acknowledged = on;
    }

    /// Sends a request without a reply of its own.
    ///
    /// @throws BackendRefusal if its acknowledgement is not zero
    synchronized void tell(FrontendRequest request, Message payload, List<OwnedFd> descriptors) throws IOException {
        requireSilence(request);
        socket.send(request.id(), acknowledged ? VERSION | NEED_REPLY : VERSION, payload, descriptors);
        if (acknowledged && value(receive(request)) != 0) {
            throw new BackendRefusal("the back end refuses " + request + " " + payload);
        }
    }

    /// Sends a request without payload that is answered by a number.
    long askU64(FrontendRequest request) throws IOException {
        return value(ask(request, Message.EMPTY, List.of()));
    }

    /// Sends a request and receives its reply.
    synchronized Message ask(FrontendRequest request, Message payload, List<OwnedFd> descriptors) throws IOException {
        requireSilence(request);
        socket.send(request.id(), VERSION, payload, descriptors);
        return receive(request);
    }

    /// Sends a request and receives its reply, whose descriptors the caller owns.
    synchronized Received askWhole(FrontendRequest request, Message payload, List<OwnedFd> descriptors)
            throws IOException {
        requireSilence(request);
        socket.send(request.id(), VERSION, payload, descriptors);
        return receiveWhole(request);
    }

    /// The number in a reply.
    static long value(Message reply) throws BackendViolation {
        if (reply instanceof Message.U64(long value)) {
            return value;
        }
        throw new BackendViolation("a number is answered by " + reply);
    }

    /// A message that is there before the request is sent answers nothing.
    private void requireSilence(FrontendRequest request) throws IOException {
        if (socket.readable(NOW)) {
            Received early = socket.receive("a message before " + request);
            early.closeDescriptors();
            throw new BackendViolation("unasked message before " + request + ": " + early.header());
        }
    }

    private Message receive(FrontendRequest request) throws IOException {
        Received received = receiveWhole(request);
        received.closeDescriptors();
        if (request == FrontendRequest.GET_CONFIG && received.header().size() == 0) {
            throw new BackendRefusal("the back end refuses GET_CONFIG");
        }
        return decode(request, received);
    }

    /// Receives an answer, whose descriptors the caller owns.
    private Received receiveWhole(FrontendRequest request) throws IOException {
        Received received = socket.receive("the answer to " + request);
        MessageHeader header = received.header();
        if (header.request() != request.id() || header.flags() != (VERSION | REPLY)) {
            received.closeDescriptors();
            throw new BackendViolation(request + " is answered by " + header);
        }
        if (received.descriptors().size() > request.maxReplyDescriptors()) {
            received.closeDescriptors();
            throw new BackendViolation(
                    request + " is answered with " + received.descriptors().size() + " descriptors");
        }
        return received;
    }

    /// @param received closed if it is malformed
    static Message decode(FrontendRequest request, Received received) throws BackendViolation {
        try {
            return MessageCodec.decodeReply(request, received.payload());
        } catch (ProtocolException e) {
            received.closeDescriptors();
            var violation = new BackendViolation(String.valueOf(e.getMessage()));
            violation.initCause(e);
            throw violation;
        }
    }
}
