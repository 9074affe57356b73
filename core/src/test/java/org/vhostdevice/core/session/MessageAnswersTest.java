package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.RawMessage;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.core.testkit.FsTestDevice;
import org.vhostdevice.core.testkit.PlainDevice;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;
import org.vhostdevice.core.virtqueue.VirtioFeature;

@DisplayName("vhost-user: what each message is answered by")
class MessageAnswersTest extends ServedDeviceTest {
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final int UNKNOWN_ID = 200;

    MessageAnswersTest() {
        super(2, Completion.AT_ONCE);
    }

    @Test
    void offersTheFeaturesOfRingsAndTransport() throws Exception {
        long features = frontend.client.getFeatures();
        boolean logs = DirtyLog.isSupported();
        assertEquals(
                (logs ? VirtioFeature.LOG_ALL.mask() : 0)
                        | VirtioFeature.INDIRECT_DESC.mask()
                        | VirtioFeature.EVENT_IDX.mask()
                        | VirtioFeature.RING_PACKED.mask()
                        | VirtioFeature.IN_ORDER.mask()
                        | VirtioFeature.PROTOCOL_FEATURES.mask()
                        | VirtioFeature.VERSION_1.mask(),
                features);
        assertEquals(
                0xb9f629 | (logs ? 1 << 1 : 0),
                frontend.client.getProtocolFeatures(),
                "bits 0, 1, 3, 5, 9, 10, 12 to 16, 19, 20, 21, 23");
    }

    @Test
    void offersNoOrderOfADeviceWhoseChainsWaitForEachOther(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("fs");
        try (var _ = new DeviceServerFixture(new FsTestDevice("share", FsTestDevice.Fault.NONE), socket);
                VhostUserClient client = VhostUserClient.connect(socket, LONG)) {
            assertEquals(0, client.getFeatures() & VirtioFeature.IN_ORDER.mask());
        }
    }

    @Test
    void aConfigurationSpaceThatIsEmptyIsNotOffered(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("plain");
        try (var _ = new DeviceServerFixture(new PlainDevice(), socket);
                VhostUserClient client = VhostUserClient.connect(socket, LONG)) {
            long _ = client.getFeatures();
            assertEquals(0, client.getProtocolFeatures() & ProtocolFeature.CONFIG.mask());
        }
    }

    @Test
    void answersQuestionsOfNumbers() throws Exception {
        frontend.negotiate();
        assertEquals(2, frontend.client.getQueueNum());
        assertEquals(509, frontend.client.getMaxMemSlots());
        assertEquals(0, frontend.client.getStatus());
    }

    @Test
    void withholdsFeaturesAsConfigured() throws Exception {
        long withheld = VirtioFeature.INDIRECT_DESC.mask();
        try (ServerFixture other =
                        ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE), ServerOptions.without(withheld));
                StepFrontend client = StepFrontend.connect(other.socket())) {
            assertEquals(0, client.client.getFeatures() & withheld);
            assertThrows(IOException.class, () -> {
                client.client.setFeatures(withheld);
                client.client.getFeatures();
            });
        }
    }

    @Test
    void withholdsProtocolFeaturesAndWhatNeedsThem() throws Exception {
        var withheld = ServerOptions.without(ProtocolFeature.BACKEND_REQ);
        try (ServerFixture other = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE), withheld);
                StepFrontend client = StepFrontend.connect(other.socket())) {
            long offered = client.client.getProtocolFeatures();
            assertEquals(
                    0,
                    offered
                            & ProtocolFeature.bits(
                                    ProtocolFeature.BACKEND_REQ,
                                    ProtocolFeature.BACKEND_SEND_FD,
                                    ProtocolFeature.INBAND_NOTIFICATIONS));
            assertEquals(offered, ProtocolFeature.complete(offered));
        }
    }

    @Test
    void offersNoProtocolFeatureWithoutTheBitForThem() throws Exception {
        var withheld = ServerOptions.without(VirtioFeature.PROTOCOL_FEATURES.mask());
        try (ServerFixture other = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE), withheld);
                StepFrontend client = StepFrontend.connect(other.socket())) {
            assertEquals(0, client.client.getProtocolFeatures());
        }
    }

    @Test
    void acknowledgesNothingBeforeReplyAckIsNegotiated() throws Exception {
        send(FrontendRequest.SET_OWNER.id(), Message.EMPTY, true);
        assertEquals(Optional.empty(), frontend.client.receiveRaw(SHORT));
    }

    @Test
    void acknowledgesOnlyWhenAsked() throws Exception {
        frontend.negotiate();
        send(FrontendRequest.SET_OWNER.id(), Message.EMPTY, false);
        assertEquals(Optional.empty(), frontend.client.receiveRaw(SHORT));
        assertEquals(0, acknowledgement(FrontendRequest.SET_OWNER.id(), Message.EMPTY));
    }

    @Test
    void answersARequestWithOwnReplyOnceOnly() throws Exception {
        frontend.negotiate();
        send(FrontendRequest.GET_FEATURES.id(), Message.EMPTY, true);
        RawMessage reply = frontend.client.receiveRaw(LONG).orElseThrow();
        assertEquals(MessageHeader.reply(FrontendRequest.GET_FEATURES.id(), 8), reply.header());
        assertEquals(Optional.empty(), frontend.client.receiveRaw(SHORT));
    }

    @Test
    void refusesAnUnknownMessage() throws Exception {
        frontend.negotiate();
        assertTrue(acknowledgement(UNKNOWN_ID, new Message.U64(7)) != 0);
        send(UNKNOWN_ID, new Message.U64(7), false);
        assertEquals(2, frontend.client.getQueueNum(), "the connection goes on");
    }

    @ParameterizedTest
    @EnumSource(
            value = FrontendRequest.class,
            names = {"SEND_RARP", "NET_SET_MTU", "SET_VRING_ENDIAN", "POSTCOPY_LISTEN", "VRING_KICK"})
    void refusesWhatIsNotSupported(FrontendRequest request) throws Exception {
        frontend.negotiate();
        Message payload = switch (request.payload()) {
            case U64 -> new Message.U64(0);
            case VRING_STATE -> new Message.VringState(0, 0);
            default -> Message.EMPTY;
        };
        assertTrue(acknowledgement(request.id(), payload) != 0);
        assertEquals(2, frontend.client.getQueueNum());
    }

    @ParameterizedTest
    @EnumSource(
            value = FrontendRequest.class,
            names = {"IOTLB_MSG", "POSTCOPY_ADVISE", "POSTCOPY_END", "GET_SHARED_OBJECT", "GET_SHMEM_CONFIG"})
    void refusesInTheShapeOfARequestsOwnReply(FrontendRequest request) throws Exception {
        frontend.negotiate();
        Message payload = switch (request.payload()) {
            case IOTLB -> new Message.Iotlb(0, 4096, 0, 3, 2);
            case SHARED_OBJECT -> new Message.SharedObject(Bytes.zeroes(16));
            default -> Message.EMPTY;
        };
        send(request.id(), payload, true);
        RawMessage reply = frontend.client.receiveRaw(LONG).orElseThrow();
        assertEquals(request.id(), reply.header().request());
        assertEquals(0, reply.descriptors());
        Message refusal = MessageCodec.decodeReply(
                request, MemorySegment.ofArray(reply.payload().toArray()));
        switch (request) {
            case GET_SHMEM_CONFIG -> assertEquals(0, ((Message.ShmemConfig) refusal).regions());
            case IOTLB_MSG, POSTCOPY_END -> assertEquals(Message.NACK, refusal);
            default -> assertEquals(Message.EMPTY, refusal);
        }
        assertEquals(2, frontend.client.getQueueNum(), "the connection goes on");
    }

    @Test
    void refusesAnInflightRegionForTooManyQueuesByOneOfNoBytes() throws Exception {
        frontend.negotiate();
        send(FrontendRequest.GET_INFLIGHT_FD.id(), new Message.Inflight(0, 0, 3, 16), false);
        RawMessage reply = frontend.client.receiveRaw(LONG).orElseThrow();
        assertEquals(0, reply.descriptors());
        assertEquals(
                new Message.Inflight(0, 0, 0, 0),
                MessageCodec.decodeReply(
                        FrontendRequest.GET_INFLIGHT_FD,
                        MemorySegment.ofArray(reply.payload().toArray())));
    }

    @Test
    void endsTheConnectionWhenEveryReplyWouldSayThatTheRequestWasObeyed() throws Exception {
        frontend.negotiate();
        send(FrontendRequest.CREATE_CRYPTO_SESSION.id(), Message.EMPTY, false);
        assertThrows(BackendDisconnected.class, () -> frontend.client.receiveRaw(LONG));
    }

    @Test
    void refusesAMalformedPayload() throws Exception {
        frontend.negotiate();
        assertTrue(acknowledgement(FrontendRequest.SET_VRING_NUM.id(), Message.EMPTY) != 0);
        assertTrue(acknowledgement(FrontendRequest.SET_OWNER.id(), new Message.U64(1)) != 0);
        assertEquals(2, frontend.client.getQueueNum());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 48, 2048, 65_536, -1})
    void refusesABadRingSize(int size) throws Exception {
        frontend.negotiate();
        assertTrue(acknowledgement(FrontendRequest.SET_VRING_NUM.id(), new Message.VringState(0, size)) != 0);
    }

    @Test
    void refusesARingThatDoesNotExist() throws Exception {
        frontend.negotiate();
        for (FrontendRequest request : List.of(
                FrontendRequest.SET_VRING_NUM, FrontendRequest.SET_VRING_BASE, FrontendRequest.SET_VRING_ENABLE)) {
            assertTrue(acknowledgement(request.id(), new Message.VringState(2, 1)) != 0, request::toString);
        }
        assertThrows(BackendRefusal.class, () -> frontend.client.setVringCall(2, null));
        assertThrows(BackendRefusal.class, () -> frontend.client.setVringErr(255, null));
        assertThrows(
                BackendRefusal.class,
                () -> frontend.client.setVringKick(2, frontend.queue(0).kickEnd()));
        send(FrontendRequest.GET_VRING_BASE.id(), new Message.VringState(2, 0), false);
        assertThrows(BackendDisconnected.class, () -> frontend.client.receiveRaw(LONG));
    }

    @Test
    void refusesABaseThatNoSplitRingHas() throws Exception {
        frontend.negotiate();
        assertTrue(acknowledgement(FrontendRequest.SET_VRING_BASE.id(), new Message.VringState(0, 65_536)) != 0);
        assertEquals(0, acknowledgement(FrontendRequest.SET_VRING_BASE.id(), new Message.VringState(0, 65_535)));
        assertEquals(65_535, frontend.client.getVringBase(0));
    }

    @Test
    void refusesFeaturesThatAreNotOffered() throws Exception {
        frontend.negotiate();
        assertTrue(acknowledgement(FrontendRequest.SET_FEATURES.id(), new Message.U64(1L << 40)) != 0);
        assertTrue(acknowledgement(FrontendRequest.SET_PROTOCOL_FEATURES.id(), new Message.U64(1L << 40)) != 0);
        frontend.client.setFeatures(frontend.features());
    }

    @Test
    void endsTheConnectionWhenFeaturesAreRefusedUnnoticed() throws Exception {
        frontend.negotiate();
        send(FrontendRequest.SET_FEATURES.id(), new Message.U64(1L << 40), false);
        assertThrows(BackendDisconnected.class, () -> frontend.client.receiveRaw(LONG));
    }

    @Test
    void refusesWhatNeedsAFeatureThatWasNotNegotiated() throws Exception {
        frontend.client.setProtocolFeatures(ProtocolFeature.REPLY_ACK.mask());
        assertTrue(acknowledgement(FrontendRequest.SET_STATUS.id(), new Message.U64(1)) != 0);
        assertTrue(acknowledgement(FrontendRequest.RESET_DEVICE.id(), Message.EMPTY) != 0);
        assertEquals(0, device.resets());
    }

    @Test
    void doesNotFloodTheLog() throws Exception {
        frontend.negotiate();
        for (int i = 0; i < 100; i++) {
            assertTrue(acknowledgement(UNKNOWN_ID, Message.EMPTY) != 0);
        }
        assertEquals(Refusals.MAX_WARNINGS, log.count("WARNING"));
        assertTrue(acknowledgement(FrontendRequest.SEND_RARP.id(), new Message.U64(0)) != 0);
        assertEquals(Refusals.MAX_WARNINGS + 1, log.count("WARNING"), "another kind of request is told all the same");
    }

    @Test
    void endsTheConnectionAtAFramingError() throws Exception {
        frontend.client.sendRaw(List.of(header(FrontendRequest.GET_FEATURES.id(), 2, 0)), List.of());
        assertThrows(BackendDisconnected.class, () -> frontend.client.receiveRaw(LONG));
    }

    @Test
    void servesTheNextFrontEndAfterHalfAMessage() throws Exception {
        frontend.client.sendRaw(List.of(Bytes.of((byte) 1, (byte) 0)), List.of());
        frontend.close();
        try (StepFrontend next = StepFrontend.connect(server.socket())) {
            next.negotiate();
        }
    }

    @Test
    void takesAMessageInSingleBytes() throws Exception {
        List<Bytes> pieces = new ArrayList<>();
        for (byte b : header(FrontendRequest.GET_FEATURES.id(), MessageHeader.VERSION, 0)
                .toArray()) {
            pieces.add(Bytes.of(b));
        }
        frontend.client.sendRaw(pieces, List.of());
        assertEquals(8, frontend.client.receiveRaw(LONG).orElseThrow().header().size());
    }

    @Test
    @DisplayName("GET_CONFIG answers with exactly as many bytes as were asked for (1.4, 12; G7)")
    void readsConfiguration() throws Exception {
        frontend.client.setProtocolFeatures(frontend.client.getProtocolFeatures());
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, config(0, 8));
        assertArrayEquals(new byte[] {3, 4}, config(2, 2));
        assertArrayEquals(new byte[] {7, 8, 0, 0, 0}, config(6, 5));
        assertArrayEquals(new byte[3], config(250, 3));
        assertArrayEquals(new byte[3], config(1 << 20, 3));
        assertArrayEquals(new byte[0], config(0, 0));
        assertEquals(256, config(0, 256).length);
    }

    @Test
    void answersAMalformedGetConfigByAnEmptyPayload() throws Exception {
        frontend.negotiate();
        send(FrontendRequest.GET_CONFIG.id(), new Message.U64(0), false);
        RawMessage reply = frontend.client.receiveRaw(LONG).orElseThrow();
        assertEquals(MessageHeader.reply(FrontendRequest.GET_CONFIG.id(), 0), reply.header());
        assertEquals(8, config(0, 8).length);
    }

    @Test
    void writesConfiguration() throws Exception {
        frontend.negotiate();
        frontend.client.setConfig(1, 0, Bytes.of((byte) 42));
        assertEquals(42, config(1, 1)[0]);
        Bytes two = Bytes.of((byte) 9, (byte) 9);
        assertThrows(BackendRefusal.class, () -> frontend.client.setConfig(3, 0, two), "read-only");
        assertThrows(BackendRefusal.class, () -> frontend.client.setConfig(7, 1, two), "beyond the end");
        assertThrows(BackendRefusal.class, () -> frontend.client.setConfig(0, 2, two), "unknown flags");
        assertArrayEquals(new byte[] {1, 42, 3, 4, 5, 6, 7, 8}, config(0, 8));
        frontend.client.setConfig(6, 1, two);
        assertArrayEquals(new byte[] {9, 9}, config(6, 2));
        send(FrontendRequest.SET_CONFIG.id(), new Message.Config(3, 0, two), false);
        assertEquals(4, config(3, 1)[0], "refused without end of the connection");
    }

    @Test
    void ignoresResetOwnerButForDisablingRings() throws Exception {
        frontend.negotiate();
        frontend.startAll();
        frontend.client.resetOwner();
        frontend.queue(0).request(1);
        frontend.client.setVringEnable(0, true);
        frontend.queue(0).awaitUsed(1);
    }

    private byte[] config(int offset, int size) throws IOException {
        return frontend.client.getConfig(offset, size).toArray();
    }

    private long acknowledgement(int id, Message payload) throws IOException {
        send(id, payload, true);
        RawMessage reply = frontend.client.receiveRaw(LONG).orElseThrow();
        assertEquals(MessageHeader.reply(id, 8), reply.header());
        return ByteBuffer.wrap(reply.payload().toArray())
                .order(ByteOrder.nativeOrder())
                .getLong();
    }

    private void send(int id, Message payload, boolean needReply) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment body = arena.allocate(MessageHeader.MAX_PAYLOAD, 8);
            int size = MessageCodec.encode(payload, body);
            int flags = needReply ? MessageHeader.VERSION | MessageHeader.NEED_REPLY : MessageHeader.VERSION;
            List<Bytes> pieces = new ArrayList<>(List.of(header(id, flags, size)));
            if (size > 0) {
                pieces.add(Bytes.of(body.asSlice(0, size)));
            }
            frontend.client.sendRaw(pieces, List.of());
        }
    }

    private static Bytes header(int id, int flags, int size) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[MessageHeader.BYTES]);
        new MessageHeader(id, flags, size).write(bytes);
        return Bytes.of(bytes.toArray(ValueLayout.JAVA_BYTE));
    }
}
