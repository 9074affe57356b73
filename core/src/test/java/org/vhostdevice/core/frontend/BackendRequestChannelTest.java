package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.OwnedFd;

@Timeout(30)
class BackendRequestChannelTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final List<BackendRequest> served = new ArrayList<>();
    private long answer;
    private BackendRequestChannel channel;
    private VhostUserClient backend;

    @BeforeEach
    void connect() throws Exception {
        channel = BackendRequestChannel.create(this::serve, LONG);
        backend = VhostUserClient.adopt(
                new OwnedFd(channel.backendEnd().duplicate().release()), LONG);
        channel.closeBackendEnd();
    }

    private long serve(BackendRequest request, Message payload) {
        assertEquals(request.payload(), payload.kind());
        served.add(request);
        return answer;
    }

    @AfterEach
    void close() {
        backend.close();
        channel.close();
    }

    private void send(int request, int flags, int... payload) throws Exception {
        byte[] bytes = new byte[12 + payload.length];
        bytes[0] = (byte) request;
        bytes[4] = (byte) flags;
        bytes[8] = (byte) payload.length;
        for (int i = 0; i < payload.length; i++) {
            bytes[12 + i] = (byte) payload[i];
        }
        backend.sendRaw(List.of(Bytes.of(bytes)), List.of());
    }

    private void expectAnswer(int request, long value) throws Exception {
        RawMessage reply = backend.receiveRaw(LONG).orElseThrow();
        assertEquals(request, reply.header().request());
        assertEquals(5, reply.header().flags());
        assertEquals(value, reply.payload().toArray()[0]);
        assertEquals(8, reply.payload().length());
    }

    @Test
    void aRequestWithoutNeedReplyIsServedInSilence() throws Exception {
        assertFalse(channel.waitFor(Duration.ZERO));
        send(2, 1);
        assertTrue(channel.waitFor(LONG));
        channel.serve();
        assertEquals(List.of(BackendRequest.CONFIG_CHANGE_MSG), served);
        assertTrue(backend.receiveRaw(Duration.ZERO).isEmpty());
    }

    @Test
    void theAnswerOfTheHandlerIsSentBack() throws Exception {
        send(4, 9, 1, 0, 0, 0, 0, 0, 0, 0);
        answer = 7;
        channel.serve();
        expectAnswer(4, 7);
    }

    @Test
    void aLookupIsAlwaysAnswered() throws Exception {
        send(8, 1, new int[16]);
        channel.serve();
        expectAnswer(8, 0);
    }

    @Test
    void anUnknownRequestReachesTheHandlerAndAMalformedOneDoesNot() throws Exception {
        answer = 1;
        send(99, 9, 1, 2, 3);
        channel.serve();
        expectAnswer(99, 1);
        assertEquals(List.of(BackendRequest.UNKNOWN), served);
        answer = 0;
        send(4, 9, 1);
        channel.serve();
        expectAnswer(4, 1);
        send(9, 9, new int[40]);
        channel.serve();
        expectAnswer(9, 1);
        assertEquals(1, served.size());
    }

    @Test
    void aReplyOrAnotherVersionIsAViolation() throws Exception {
        send(2, 5);
        assertThrows(BackendViolation.class, channel::serve);
        send(2, 0);
        assertThrows(BackendViolation.class, channel::serve);
        assertTrue(served.isEmpty());
    }

    @Test
    void theEndOfTheBackEndIsTold() throws Exception {
        backend.close();
        assertTrue(channel.waitFor(LONG));
        assertThrows(BackendDisconnected.class, channel::serve);
    }

    @Test
    void thePlainHandlerTakesNoteOfConfigurationChangesAndRefusesTheRest() {
        for (BackendRequest request : BackendRequest.values()) {
            long expected = request == BackendRequest.CONFIG_CHANGE_MSG ? 0 : 1;
            assertEquals(expected, BackendRequestHandler.PLAIN.handle(request, Message.EMPTY));
        }
    }
}
