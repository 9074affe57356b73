package org.vhostdevice.core.check;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.RawMessage;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;

/// A connection on which messages are sent byte by byte, right or wrong.
final class Wire {
    static final int VERSION = MessageHeader.VERSION;
    static final int NEED_REPLY = MessageHeader.VERSION | MessageHeader.NEED_REPLY;

    private final VhostUserClient client;
    private final Duration timeout;

    /// What came back.
    sealed interface Reply {
        /// A message.
        record Answer(RawMessage message) implements Reply {
            /// The first 64 bits of the payload, if it has so many.
            Optional<Long> number() {
                byte[] bytes = message.payload().toArray();
                return bytes.length < Long.BYTES
                        ? Optional.empty()
                        : Optional.of(MemorySegment.ofArray(bytes).get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
            }

            @Override
            public String toString() {
                return "answer "
                        + number().map(Long::toHexString).map("0x"::concat).orElse("without a number")
                        + " (message " + message.header().request() + ", flags 0x"
                        + Integer.toHexString(message.header().flags()) + ", "
                        + message.header().size() + " bytes)";
            }
        }

        /// The end of the connection.
        record Closed() implements Reply {
            @Override
            public String toString() {
                return "connection closed";
            }
        }

        /// Nothing.
        record Silence() implements Reply {
            @Override
            public String toString() {
                return "no answer";
            }
        }
    }

    Wire(VhostUserClient client, Duration timeout) {
        this.client = client;
        this.timeout = timeout;
    }

    /// The payload of a message as it goes over the wire.
    static byte[] bytes(Message message) {
        byte[] room = new byte[MessageHeader.MAX_PAYLOAD];
        return Arrays.copyOf(room, MessageCodec.encode(message, MemorySegment.ofArray(room)));
    }

    /// A header and what follows it.
    static byte[] message(int request, int flags, int size, byte... payload) {
        byte[] all = Arrays.copyOf(new byte[MessageHeader.BYTES], MessageHeader.BYTES + payload.length);
        MessageHeader.write(MemorySegment.ofArray(all), request, flags, size);
        System.arraycopy(payload, 0, all, MessageHeader.BYTES, payload.length);
        return all;
    }

    /// Sends bytes, each piece by a call of its own. A connection that is closed already shows at the next [#reply].
    void send(List<OwnedFd> descriptors, byte[]... pieces) throws IOException {
        try {
            client.sendRaw(Arrays.stream(pieces).map(Bytes::of).toList(), descriptors);
        } catch (BackendDisconnected e) {
            // Reported by who waits for an answer.
        }
    }

    /// Sends bytes one at a time, slowly enough that the back end gets to see them so.
    void sendSlowly(byte... bytes) throws IOException {
        for (byte one : bytes) {
            send(List.of(), new byte[] {one});
            int _ = UnixSocket.poll(UnixSocket.NO_WAKEUP, 0, 2);
        }
    }

    /// Sends a message with any payload.
    void send(FrontendRequest request, int flags, byte... payload) throws IOException {
        send(List.of(), message(request.id(), flags, payload.length, payload));
    }

    /// Waits for what comes back.
    Reply reply() throws IOException {
        return reply(timeout);
    }

    Reply reply(Duration within) throws IOException {
        try {
            return client.receiveRaw(within).<Reply>map(Reply.Answer::new).orElseGet(Reply.Silence::new);
        } catch (BackendDisconnected e) {
            return new Reply.Closed();
        }
    }

    /// Whether something was acknowledged as a success.
    static boolean isZero(Reply reply) {
        return reply instanceof Reply.Answer answer && answer.number().equals(Optional.of(0L));
    }

    /// Sends a message that must not be obeyed, and asks for an acknowledgement.
    ///
    /// @return what came back, for the report
    /// @throws CheckEnded as a failure if it was acknowledged as a success, or not answered
    String requireRefused(String what, List<OwnedFd> descriptors, byte[] message) throws IOException {
        send(descriptors, message);
        Reply reply = reply();
        boolean refused = switch (reply) {
            case Reply.Answer answer -> answer.number().orElse(1L) != 0;
            case Reply.Closed _ -> true;
            case Reply.Silence _ -> false;
        };
        CheckEnded.require(refused, what + " is refused: a non-zero answer, or the connection ends", reply.toString());
        return what + ": " + reply;
    }

    /// As [#requireRefused(String, List, byte...)], for a request of the right shape.
    String requireRefused(FrontendRequest request, Message payload, OwnedFd... descriptors) throws IOException {
        byte[] bytes = bytes(payload);
        return requireRefused(
                request + " " + payload, List.of(descriptors), message(request.id(), NEED_REPLY, bytes.length, bytes));
    }

    /// Fails unless the connection answers GET_FEATURES, and nothing else came before.
    void requireInStep(String after) throws IOException {
        send(FrontendRequest.GET_FEATURES, VERSION);
        Reply reply = reply();
        boolean right = reply instanceof Reply.Answer answer
                && answer.message().header().request() == FrontendRequest.GET_FEATURES.id()
                && answer.number().isPresent();
        CheckEnded.require(right, "GET_FEATURES is answered after " + after, reply.toString());
    }
}
