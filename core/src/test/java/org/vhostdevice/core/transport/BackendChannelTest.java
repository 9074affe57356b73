package org.vhostdevice.core.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.sys.Wakeup;
import org.vhostdevice.core.testkit.Background;

@Timeout(60)
@DisplayName("requests of the back end")
class BackendChannelTest {
    private static final long SHORT_MILLIS = 20;
    private static final Message RING = new Message.VringState(3, 0);

    private Wakeup stop;
    private RawPeer frontend;
    private VhostUserConnection connection;

    @BeforeEach
    void connect() throws IOException {
        stop = Wakeup.create();
        List<OwnedFd> pair = UnixSocket.pair();
        frontend = new RawPeer(pair.get(0));
        connection = new VhostUserConnection(pair.get(1), stop.fd());
    }

    @AfterEach
    void close() {
        connection.close();
        frontend.close();
        stop.close();
    }

    @Test
    void withoutReplyAckNobodyIsWaitedFor() throws IOException {
        BackendChannel channel = new BackendChannel(connection, false, SHORT_MILLIS);
        channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY);
        channel.send(BackendRequest.VRING_CALL, RING);
        assertArrayEquals(RawPeer.bytes(2, 0x1, Message.EMPTY), frontend.receive(12));
        assertArrayEquals(RawPeer.bytes(4, 0x1, RING), frontend.receive(20));
    }

    @Test
    void withReplyAckTheAcknowledgementIsAwaited() throws Exception {
        BackendChannel channel = new BackendChannel(connection, true, BackendChannel.TIMEOUT_MILLIS);
        var sending = Background.run(() -> channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY));
        assertArrayEquals(RawPeer.bytes(2, 0x9, Message.EMPTY), frontend.receive(12));
        assertFalse(sending.isDone());
        frontend.send(RawPeer.bytes(2, 0x5, Message.ACK));
        sending.get();
    }

    @Test
    void requestThatTheFrontEndRefusesCostsOnlyThatRequest() throws IOException {
        BackendChannel channel = new BackendChannel(connection, true, BackendChannel.TIMEOUT_MILLIS);
        frontend.send(RawPeer.bytes(2, 0x5, Message.NACK));
        frontend.send(RawPeer.bytes(2, 0x5, Message.ACK));
        assertFalse(assertThrows(
                        ProtocolException.class, () -> channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY))
                .fatal());
        channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY);
    }

    @Test
    void frontEndThatDoesNotAcknowledgeLosesTheChannel() {
        BackendChannel channel = new BackendChannel(connection, true, SHORT_MILLIS);
        assertLosesTheChannel(channel);
    }

    @Test
    void frontEndThatDoesNotReadLosesTheChannelOnce() {
        BackendChannel channel = new BackendChannel(connection, false, SHORT_MILLIS);
        ProtocolException lost = assertThrows(ProtocolException.class, () -> {
            while (true) {
                channel.send(BackendRequest.VRING_CALL, RING);
            }
        });
        assertTrue(lost.fatal());
        assertThrows(IOException.class, () -> channel.send(BackendRequest.VRING_CALL, RING));
    }

    @Test
    void wrongReplyLosesTheChannel() throws IOException {
        BackendChannel channel = new BackendChannel(connection, true, BackendChannel.TIMEOUT_MILLIS);
        frontend.send(RawPeer.bytes(4, 0x5, Message.ACK));
        assertLosesTheChannel(channel);
    }

    @Test
    void frontEndThatClosesTheChannelIsReported() {
        BackendChannel channel = new BackendChannel(connection, false, SHORT_MILLIS);
        frontend.close();
        assertThrows(IOException.class, () -> channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY));
    }

    @Test
    void stopEndsTheWaitForAnAcknowledgement() throws Exception {
        BackendChannel channel = new BackendChannel(connection, true, BackendChannel.TIMEOUT_MILLIS);
        var sending = Background.run(() -> channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY));
        assertEquals(12, frontend.receive(12).length);
        stop.wake();
        assertThrows(ExecutionException.class, sending::get);
    }

    @Test
    void closeByAnotherThreadEndsTheWaitForAnAcknowledgement() throws Exception {
        BackendChannel channel = new BackendChannel(connection, true, BackendChannel.TIMEOUT_MILLIS);
        var sending = Background.run(() -> channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY));
        assertEquals(12, frontend.receive(12).length);
        channel.close();
        assertThrows(ExecutionException.class, sending::get);
        assertThrows(IOException.class, () -> frontend.receive(1));
        assertThrows(IOException.class, () -> channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY));
    }

    @Test
    void connectionMakesAChannelThatStopsWithIt() throws Exception {
        List<OwnedFd> pair = UnixSocket.pair();
        try (RawPeer other = new RawPeer(pair.get(0));
                BackendChannel channel = connection.backendChannel(pair.get(1), true)) {
            var sending = Background.run(() -> channel.send(BackendRequest.VRING_ERR, RING));
            assertArrayEquals(RawPeer.bytes(5, 0x9, RING), other.receive(20));
            stop.wake();
            assertThrows(ExecutionException.class, sending::get);
        }
    }

    private static void assertLosesTheChannel(BackendChannel channel) {
        ProtocolException fault = assertThrows(
                ProtocolException.class, () -> channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY));
        assertTrue(fault.fatal(), fault::getMessage);
        assertThrows(IOException.class, () -> channel.send(BackendRequest.CONFIG_CHANGE_MSG, Message.EMPTY));
    }
}
