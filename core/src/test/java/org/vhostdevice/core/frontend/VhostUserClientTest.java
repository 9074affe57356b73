package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.Notification;

@Timeout(30)
class VhostUserClientTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final String ASK_FEATURES = "> 01000000 01000000 00000000\n";

    @FunctionalInterface
    private interface Requests {
        void send(VhostUserClient client) throws Exception;
    }

    private static void exchange(String script, Requests requests) throws Exception {
        try (var backend = new ScriptedBackend(script);
                var client = VhostUserClient.adopt(backend.frontendEnd(), LONG)) {
            requests.send(client);
            backend.await();
        }
    }

    @Test
    void sendsEachRequestOfTheBaseProtocolWithoutAskingForAcknowledgements() throws Exception {
        String script = """
                > 01000000 01000000 00000000
                < 01000000 05000000 08000000 0102030405060708
                > 02000000 01000000 08000000 0000004001000000
                > 03000000 01000000 00000000
                > 04000000 01000000 00000000
                > 05000000 01000000 28000000 01000000 00000000 0000001000000000 0000010000000000 0000002000000000 0000030000000000 +1
                > 08000000 01000000 08000000 02000000 00010000
                > 09000000 01000000 28000000 02000000 00000000 0010000000000000 0030000000000000 0020000000000000 0000000000000000
                > 0a000000 01000000 08000000 02000000 07000000
                > 0b000000 01000000 08000000 02000000 00000000
                < 0b000000 05000000 08000000 02000000 09000000
                > 0c000000 01000000 08000000 0200000000000000 +1
                > 0c000000 01000000 08000000 0201000000000000
                > 0d000000 01000000 08000000 0200000000000000 +1
                > 0e000000 01000000 08000000 0200000000000000 +1
                """;
        try (Notification descriptor = Notification.create()) {
            exchange(script, client -> {
                assertEquals(0x0807060504030201L, client.getFeatures());
                client.setFeatures(0x1_4000_0000L);
                client.setOwner();
                client.resetOwner();
                var region = new Message.MemoryRegion(0x1000_0000, 0x1_0000, 0x2000_0000, 0x3_0000);
                client.setMemTable(List.of(region), List.of(descriptor.readEnd()));
                client.setVringNum(2, 256);
                client.setVringAddr(new Message.VringAddress(2, 0, 0x1000, 0x3000, 0x2000, 0));
                client.setVringBase(2, 7);
                assertEquals(9, client.getVringBase(2));
                client.setVringKick(2, descriptor.readEnd());
                client.setVringKick(2, null);
                client.setVringCall(2, descriptor.writeEnd());
                client.setVringErr(2, descriptor.writeEnd());
            });
        }
    }

    @Test
    void asksForAcknowledgementsOnceReplyAckIsSet() throws Exception {
        String script = """
                > 0f000000 01000000 00000000
                < 0f000000 05000000 08000000 ffffffffffffff00
                > 10000000 01000000 08000000 29a6010000000000
                > 11000000 01000000 00000000
                < 11000000 05000000 08000000 0400000000000000
                > 12000000 09000000 08000000 03000000 01000000
                < 12000000 05000000 08000000 0000000000000000
                > 15000000 09000000 00000000 +1
                < 15000000 05000000 08000000 0000000000000000
                > 18000000 01000000 10000000 08000000 04000000 00000000 00000000
                < 18000000 05000000 10000000 08000000 04000000 00000000 aabbccdd
                > 19000000 09000000 0e000000 20000000 02000000 01000000 0102
                < 19000000 05000000 08000000 0000000000000000
                > 22000000 09000000 00000000
                < 22000000 05000000 08000000 0000000000000000
                > 24000000 01000000 00000000
                < 24000000 05000000 08000000 fd01000000000000
                > 25000000 09000000 28000000 0000000000000000 0000001000000000 0000010000000000 0000002000000000 0000030000000000 +1
                < 25000000 05000000 08000000 0000000000000000
                > 26000000 09000000 28000000 0000000000000000 0000001000000000 0000010000000000 0000002000000000 0000030000000000
                < 26000000 05000000 08000000 0000000000000000
                > 27000000 09000000 08000000 0f00000000000000
                < 27000000 05000000 08000000 0000000000000000
                > 28000000 01000000 00000000
                < 28000000 05000000 08000000 0f00000000000000
                """;
        try (Notification descriptor = Notification.create()) {
            exchange(script, client -> {
                assertEquals(0x00ff_ffff_ffff_ffffL, client.getProtocolFeatures());
                client.setProtocolFeatures(0x1_a629);
                assertEquals(4, client.getQueueNum());
                client.setVringEnable(3, true);
                client.setBackendReqFd(descriptor.readEnd());
                assertEquals(Bytes.of((byte) 0xaa, (byte) 0xbb, (byte) 0xcc, (byte) 0xdd), client.getConfig(8, 4));
                client.setConfig(0x20, 1, Bytes.of((byte) 1, (byte) 2));
                client.resetDevice();
                assertEquals(509, client.getMaxMemSlots());
                var region = new Message.MemoryRegion(0x1000_0000, 0x1_0000, 0x2000_0000, 0x3_0000);
                client.addMemReg(region, descriptor.readEnd());
                client.remMemReg(region);
                client.setStatus(0x0f);
                assertEquals(0x0f, client.getStatus());
            });
        }
    }

    @Test
    void aNonZeroAcknowledgementIsARefusalAndTheNextRequestIsServed() throws Exception {
        String script = """
                > 10000000 01000000 08000000 0800000000000000
                > 03000000 09000000 00000000
                < 03000000 05000000 08000000 0100000000000000
                > 03000000 09000000 00000000
                < 03000000 05000000 08000000 0000000000000000
                """;
        exchange(script, client -> {
            client.setProtocolFeatures(ProtocolFeature.bits(ProtocolFeature.REPLY_ACK));
            assertThrows(BackendRefusal.class, client::setOwner);
            client.setOwner();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "02000000 05000000 08000000 0000000000000000", // another request
                "01000000 01000000 08000000 0000000000000000", // not a reply
                "01000000 06000000 08000000 0000000000000000", // another version
                "01000000 0d000000 08000000 0000000000000000", // need_reply
                "01000000 05000000 04000000 00000000", // too short
                "01000000 05000000 0c000000 000000000000000000000000", // too long
                "01000000 05000000 00000000", // empty
                "01000000 05000000 ffffffff", // longer than any message
                "01000000 05000000 08000000 0000000000000000 +1", // with a descriptor
            })
    void anythingButTheReplyIsAViolation(String reply) throws Exception {
        exchange(ASK_FEATURES + "< " + reply, client -> assertThrows(BackendViolation.class, client::getFeatures));
    }

    @Test
    void aMessageThatNobodyAskedForIsAViolation() throws Exception {
        try (var backend = new ScriptedBackend("< 01000000 05000000 08000000 0000000000000000");
                var client = VhostUserClient.adopt(backend.frontendEnd(), LONG)) {
            backend.await();
            assertThrows(BackendViolation.class, client::setOwner);
        }
    }

    @Test
    void aReplyInPiecesIsPutTogether() throws Exception {
        String script = ASK_FEATURES + """
                < 010000
                < 00 05000000 080000
                < 00 01
                < 02030405060708
                """;
        exchange(script, client -> assertEquals(0x0807060504030201L, client.getFeatures()));
    }

    @Test
    void anotherRingInTheReplyIsAViolation() throws Exception {
        String script = """
                > 0b000000 01000000 08000000 02000000 00000000
                < 0b000000 05000000 08000000 01000000 09000000
                """;
        exchange(script, client -> assertThrows(BackendViolation.class, () -> client.getVringBase(2)));
    }

    @Test
    void configOfAnotherSizeIsAViolationAndNoneIsARefusal() throws Exception {
        String script = """
                > 18000000 01000000 0e000000 00000000 02000000 00000000 0000
                < 18000000 05000000 00000000
                > 18000000 01000000 0e000000 00000000 02000000 00000000 0000
                < 18000000 05000000 0d000000 00000000 01000000 00000000 00
                """;
        exchange(script, client -> {
            assertThrows(BackendRefusal.class, () -> client.getConfig(0, 2));
            assertThrows(BackendViolation.class, () -> client.getConfig(0, 2));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "< 01000000 05000000\nclose", "< 01000000 05000000 08000000 00\nclose"})
    void theEndOfTheConnectionIsTold(String end) throws Exception {
        exchange(ASK_FEATURES + end, client -> {
            assertThrows(BackendDisconnected.class, client::getFeatures);
            assertThrows(BackendDisconnected.class, client::setOwner);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "< 01000000 05000000 08000000 00"})
    void aBackEndThatDoesNotAnswerIsATimeout(String begin) throws Exception {
        try (var backend = new ScriptedBackend(ASK_FEATURES + begin);
                var client = VhostUserClient.adopt(backend.frontendEnd(), Duration.ofMillis(20))) {
            assertThrows(BackendTimeout.class, client::getFeatures);
        }
    }

    @Test
    void aBackEndThatDoesNotReadIsATimeout() throws Exception {
        try (var backend = new ScriptedBackend("");
                var client = VhostUserClient.adopt(backend.frontendEnd(), Duration.ofMillis(20))) {
            assertThrows(BackendTimeout.class, () -> {
                while (true) {
                    client.sendRaw(List.of(Bytes.zeroes(100_000)), List.of());
                }
            });
        }
    }

    @Test
    void nobodyAtThePathIsAnError(@TempDir Path directory) {
        Path path = directory.resolve("s");
        IOException failure = assertThrows(ErrnoException.class, () -> VhostUserClient.connect(path, LONG));
        assertTrue(String.valueOf(failure.getMessage()).contains(path.toString()));
    }

    @Test
    void rawBytesGoOutInTheirPiecesAndRawMessagesComeIn() throws Exception {
        String script = """
                > deadbeef +2
                > 0102
                < ff000000 11000000 03000000 010203 +1
                """;
        try (Notification pipe = Notification.create(Notification.Kind.PIPE)) {
            exchange(script, client -> {
                client.sendRaw(
                        List.of(Bytes.of((byte) 0xde, (byte) 0xad, (byte) 0xbe, (byte) 0xef), Bytes.of((byte) 1, (byte)
                                2)),
                        List.of(pipe.readEnd(), pipe.writeEnd()));
                RawMessage message = client.receiveRaw(LONG).orElseThrow();
                assertEquals(new MessageHeader(0xff, 0x11, 3), message.header());
                assertEquals(Bytes.of((byte) 1, (byte) 2, (byte) 3), message.payload());
                assertEquals(1, message.descriptors());
                assertTrue(client.receiveRaw(Duration.ZERO).isEmpty());
            });
        }
    }
}
