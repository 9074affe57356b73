package org.vhostdevice.core.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;

/// A front end that sends any bytes and descriptors in any pieces.
///
/// The input is a list of pieces: a byte with the number of descriptors, a byte with the kind, then either a length
/// and raw bytes, or a message id, a length and that much payload, so that whole messages are common.
class ConnectionFuzzTest {
    private static final int FLOOD = 253;
    private static final int MAX_DESCRIPTORS_IN_FLIGHT = 500;
    private static final int MAX_PIECES = 64;

    @FuzzTest
    void receive(byte[] input) throws IOException {
        assumeTrue(Capability.LARGE_SOCKET_BUFFERS.available(), "all input is sent before any of it is received");
        List<OwnedFd> marker = UnixSocket.pair();
        try (OwnedFd watched = marker.get(1)) {
            try (OwnedFd passed = marker.get(0)) {
                exchange(input, passed);
            }
            assertTrue(
                    (UnixSocket.poll(watched.number(), Poller.READ, 0) & Poller.READ) != 0,
                    "a descriptor that was passed is still open");
        }
    }

    private static void exchange(byte[] input, OwnedFd passed) throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        try (VhostUserConnection connection = new VhostUserConnection(pair.get(1), UnixSocket.NO_WAKEUP)) {
            try (RawPeer peer = new RawPeer(pair.get(0))) {
                sendPieces(peer, passed, ByteBuffer.wrap(input));
            }
            while (receivesAnother(connection)) {
                // Until the end of the stream, or of the connection.
            }
        }
    }

    private static void sendPieces(RawPeer peer, OwnedFd passed, ByteBuffer input) throws IOException {
        int inFlight = 0;
        for (int i = 0; i < MAX_PIECES && input.remaining() > 4; i++) {
            int wanted = input.get() & 0xff;
            int descriptors = wanted >= 0xf0 ? FLOOD : wanted % 12;
            byte[] bytes = piece(input);
            inFlight += descriptors;
            if (bytes.length > 0) {
                int copies = inFlight > MAX_DESCRIPTORS_IN_FLIGHT ? 0 : descriptors;
                peer.send(bytes, Collections.nCopies(copies, passed));
            }
        }
    }

    private static byte[] piece(ByteBuffer input) {
        boolean whole = (input.get() & 1) == 0;
        int id = input.get() & 0xff;
        int length = Math.min(input.get() & 0xff, input.remaining());
        byte[] payload = new byte[length];
        input.get(payload);
        if (!whole) {
            return payload;
        }
        return ByteBuffer.allocate(MessageHeader.BYTES + length)
                .put(RawPeer.header(id, MessageHeader.VERSION, length))
                .put(payload)
                .array();
    }

    private static boolean receivesAnother(VhostUserConnection connection) throws IOException {
        try (ReceivedMessage message = connection.receive()) {
            if (message != null) {
                decode(message);
            }
            return message != null;
        } catch (ProtocolException e) {
            assertTrue(e.fatal(), "only one message is at fault, but it was not returned");
            return false;
        }
    }

    private static void decode(ReceivedMessage message) {
        try {
            assertEquals(message.request().payload(), message.message().kind());
            if (message.descriptorCount() > 0) {
                message.takeDescriptor().close();
            }
        } catch (ProtocolException e) {
            assertTrue(!e.fatal(), "a message that was returned does not end the connection");
        }
    }
}
