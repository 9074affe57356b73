package org.vhostdevice.core.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.RandomMessages;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
@DisplayName("vhost-user payloads")
class MessageCodecTest {
    private static final byte GUARD = 0x5a;
    private static final int GUARDS = 16;

    private final MemorySegment buffer = MemorySegment.ofArray(new byte[MessageHeader.MAX_PAYLOAD + GUARDS]);

    @RepeatedTest(50)
    void everyFrontendRequestSurvivesTheWire(RandomGenerator random) throws Exception {
        for (FrontendRequest request : FrontendRequest.values()) {
            Message sent = new RandomMessages(random).next(request.payload());
            assertEquals(sent, MessageCodec.decode(request, encoded(sent)), request::name);
        }
    }

    @RepeatedTest(50)
    void everyBackendRequestSurvivesTheWire(RandomGenerator random) throws Exception {
        for (BackendRequest request : BackendRequest.values()) {
            Message sent = new RandomMessages(random).next(request.payload());
            assertEquals(sent, MessageCodec.decode(request, encoded(sent)), request::name);
        }
    }

    @RepeatedTest(50)
    void everyReplySurvivesTheWire(RandomGenerator random) throws Exception {
        for (FrontendRequest request : FrontendRequest.values()) {
            Message sent = new RandomMessages(random).next(request.reply());
            assertEquals(sent, MessageCodec.decodeReply(request, encoded(sent)), request::name);
        }
    }

    @ParameterizedTest
    @EnumSource(FrontendRequest.class)
    void randomBytesOfEveryLengthGiveARecordOrARefusal(FrontendRequest request, RandomGenerator random)
            throws Exception {
        int most = Math.min(request.payload().maxBytes() + 1, MessageHeader.MAX_PAYLOAD);
        byte[] bytes = new byte[most];
        random.nextBytes(bytes);
        for (int length = 0; length <= most; length++) {
            MemorySegment payload = MemorySegment.ofArray(bytes).asSlice(0, length);
            if (length < request.payload().minBytes()
                    || length > request.payload().maxBytes()) {
                assertRefused(request, payload);
            } else {
                decodeOrRefuse(request, payload);
            }
        }
    }

    private static void decodeOrRefuse(FrontendRequest request, MemorySegment payload) {
        try {
            assertEquals(
                    request.payload(), MessageCodec.decode(request, payload).kind());
        } catch (ProtocolException refusal) {
            assertFalse(refusal.fatal());
        }
    }

    @Test
    void memoryTableWithRoomForUnusedRegionsIsAccepted() throws Exception {
        Message.MemoryTable table = new Message.MemoryTable(List.of(new Message.MemoryRegion(0, 4096, 1 << 20, 8192)));
        assertEquals(40, encoded(table).byteSize());
        assertEquals(table, MessageCodec.decode(FrontendRequest.SET_MEM_TABLE, buffer.asSlice(0, 72)));
    }

    @Test
    void memoryTableShorterThanItsRegionsIsRefused() throws Exception {
        Message.MemoryRegion region = new Message.MemoryRegion(0, 4096, 0, 0);
        assertEquals(
                72, encoded(new Message.MemoryTable(List.of(region, region))).byteSize());
        assertRefused(FrontendRequest.SET_MEM_TABLE, buffer.asSlice(0, 71));
        assertTrue(
                MessageCodec.decode(FrontendRequest.SET_MEM_TABLE, buffer.asSlice(0, 72))
                        instanceof Message.MemoryTable);
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff})
    void memoryTableOfMoreThanEightRegionsIsRefused(int count) {
        buffer.set(ValueLayout.JAVA_INT_UNALIGNED, 0, count);
        assertRefused(FrontendRequest.SET_MEM_TABLE, buffer.asSlice(0, PayloadKind.MEMORY_TABLE.maxBytes()));
    }

    @Test
    void emptyOrWrappingMemoryRegionIsRefused() {
        for (Message.MemoryRegion region : List.of(
                new Message.MemoryRegion(0, 0, 0, 0),
                new Message.MemoryRegion(-1, 2, 0, 0),
                new Message.MemoryRegion(0, 2, -1, 0),
                new Message.MemoryRegion(0, 2, 0, -1),
                new Message.MemoryRegion(1, -1, 1, 2))) {
            assertRefused(FrontendRequest.ADD_MEM_REG, encoded(region));
            assertRefused(FrontendRequest.REM_MEM_REG, encoded(region));
            assertRefused(FrontendRequest.SET_MEM_TABLE, encoded(new Message.MemoryTable(List.of(region))));
        }
    }

    @Test
    void regionUpToTheLastByteIsAccepted() throws Exception {
        Message.MemoryRegion region = new Message.MemoryRegion(-4096, 4096, -4096, 0);
        assertEquals(region, MessageCodec.decode(FrontendRequest.ADD_MEM_REG, encoded(region)));
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 24})
    void inflightDescriptionIsReadWithAndWithoutPadding(int size) throws Exception {
        Message.Inflight inflight = new Message.Inflight(0x1000, 0, 65535, 32768);
        assertEquals(24, encoded(inflight).byteSize());
        assertEquals(inflight, MessageCodec.decode(FrontendRequest.SET_INFLIGHT_FD, buffer.asSlice(0, size)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 57, 256})
    void configSpaceCarriesExactlyAsManyBytesAsItSays(int size) throws Exception {
        Message.Config config = new Message.Config(3, 0, Bytes.zeroes(size));
        assertEquals(config, MessageCodec.decode(FrontendRequest.GET_CONFIG, encoded(config)));
        buffer.set(ValueLayout.JAVA_INT_UNALIGNED, 4, size + 1);
        assertRefused(FrontendRequest.GET_CONFIG, buffer.asSlice(0, 12 + size));
        buffer.set(ValueLayout.JAVA_INT_UNALIGNED, 4, size - 1);
        assertRefused(FrontendRequest.GET_CONFIG, buffer.asSlice(0, 12 + size));
    }

    @Test
    void configSizeThatOverflowsIsRefused() {
        buffer.set(ValueLayout.JAVA_INT_UNALIGNED, 4, 0x7fff_ffff);
        assertRefused(FrontendRequest.SET_CONFIG, buffer.asSlice(0, 12));
    }

    @Test
    void configReplyWithoutPayloadIsARefusalOfTheBackEnd() {
        ProtocolException refusal = assertThrows(
                ProtocolException.class,
                () -> MessageCodec.decodeReply(FrontendRequest.GET_CONFIG, buffer.asSlice(0, 0)));
        assertFalse(refusal.fatal());
        assertTrue(refusal.getMessage().contains("refuses"), refusal::getMessage);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff})
    void ringIndexThatNoDeviceCanHaveIsRefused(int index) {
        buffer.set(ValueLayout.JAVA_INT_UNALIGNED, 0, index);
        assertRefused(FrontendRequest.SET_VRING_NUM, buffer.asSlice(0, 8));
        assertRefused(FrontendRequest.SET_VRING_ADDR, buffer.asSlice(0, 40));
    }

    @Test
    void ringAddressKeepsALogAddressOfAllOnes() throws Exception {
        Message.VringAddress address = new Message.VringAddress(1, 0, 1, 2, 3, -1);
        assertEquals(address, MessageCodec.decode(FrontendRequest.SET_VRING_ADDR, encoded(address)));
    }

    @Test
    void bitEightOfAVringFileSaysThatNoDescriptorComes() throws Exception {
        buffer.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, 0x1ff);
        assertEquals(
                new Message.VringFile(255, true),
                MessageCodec.decode(FrontendRequest.SET_VRING_CALL, buffer.asSlice(0, 8)));
    }

    @Test
    void recordsDoNotReferToTheBytesTheyCameFrom() throws Exception {
        MemorySegment payload = encoded(new Message.Config(0, 0, Bytes.of((byte) 1, (byte) 2)));
        Message.Config config =
                assertInstanceOf(Message.Config.class, MessageCodec.decode(FrontendRequest.SET_CONFIG, payload));
        buffer.fill((byte) -1);
        assertEquals(Bytes.of((byte) 1, (byte) 2), config.bytes());
    }

    /// Encodes into the shared buffer and checks that not a byte behind the payload was touched.
    private MemorySegment encoded(Message message) {
        buffer.fill(GUARD);
        int size = MessageCodec.encode(message, buffer);
        for (long i = size; i < Math.min(size + GUARDS, buffer.byteSize()); i++) {
            assertEquals(GUARD, buffer.get(ValueLayout.JAVA_BYTE, i), () -> "written behind " + message);
        }
        return buffer.asSlice(0, size);
    }

    private static void assertRefused(FrontendRequest request, MemorySegment payload) {
        ProtocolException refusal =
                assertThrows(ProtocolException.class, () -> MessageCodec.decode(request, payload), request::name);
        assertFalse(refusal.fatal(), "a malformed payload costs only its message");
    }
}
