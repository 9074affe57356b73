package org.vhostdevice.core.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.sys.Wakeup;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.OpenFiles;
import org.vhostdevice.core.testkit.RandomMessages;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.testkit.WireTranscript;

@ExtendWith(Seeded.class)
@Timeout(60)
@DisplayName("vhost-user connection")
class VhostUserConnectionTest {
    private static final int REQUEST = 0x1;

    @TempDir
    private Path folder;

    private Path file;
    private OwnedFd descriptor;
    private Wakeup stop;
    private RawPeer peer;
    private VhostUserConnection connection;

    @BeforeEach
    void connect() throws IOException {
        file = Files.createFile(folder.resolve("passed"));
        descriptor = FileIo.open(file, OpenMode.READ_WRITE);
        stop = Wakeup.create();
        List<OwnedFd> pair = UnixSocket.pair();
        peer = new RawPeer(pair.get(0));
        connection = new VhostUserConnection(pair.get(1), stop.fd());
    }

    @AfterEach
    void everyDescriptorIsClosed() throws IOException {
        connection.close();
        peer.close();
        stop.close();
        assertEquals(1, OpenFiles.of(file), "descriptors leaked");
        descriptor.close();
    }

    @Test
    void messageArrivesWithItsDescriptors() throws IOException {
        peer.send(RawPeer.bytes(12, REQUEST, new Message.VringFile(1, false)), List.of(descriptor));
        try (ReceivedMessage message = receive()) {
            assertEquals(FrontendRequest.SET_VRING_KICK, message.request());
            assertEquals(new Message.VringFile(1, false), message.message());
            try (OwnedFd taken = message.takeDescriptor()) {
                assertEquals(2, OpenFiles.of(file));
                assertFalse(taken.isClosed());
            }
            assertEquals(0, message.descriptorCount());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"qemu-7.2-blk-slots.txt", "qemu-7.2-blk-table.txt", "uml-6.1-blk.txt"})
    void recordedExchangeIsUnderstoodByteByByte(String resource) throws Exception {
        WireTranscript transcript = WireTranscript.read(Message.class, resource);
        var writer = Background.run(() -> {
            for (WireTranscript.Entry entry : transcript.entries()) {
                byte[] bytes = entry.bytes().toArray();
                peer.send(Arrays.copyOf(bytes, 1), descriptor, entry.descriptors());
                for (int i = 1; i < bytes.length; i++) {
                    peer.send(bytes[i]);
                }
            }
        });
        for (WireTranscript.Entry entry : transcript.entries()) {
            try (ReceivedMessage message = receive()) {
                assertEquals(entry.meaning(), message.request() + " " + message.message());
                assertEquals(entry.descriptors(), message.descriptorCount());
            }
        }
        writer.join();
    }

    @RepeatedTest(20)
    void anySegmentationGivesTheSameMessages(RandomGenerator random) throws Exception {
        FrontendRequest[] requests = new FrontendRequest[20];
        Message[] payloads = new Message[requests.length];
        for (int i = 0; i < requests.length; i++) {
            requests[i] = FrontendRequest.of(random.nextInt(1, 46));
            payloads[i] = new RandomMessages(random).next(requests[i].payload());
        }
        long pieces = random.nextLong();
        var writer = Background.run(() -> sendInPieces(requests, payloads, new SplittableRandom(pieces)));
        for (int i = 0; i < requests.length; i++) {
            try (ReceivedMessage message = receive()) {
                assertEquals(requests[i], message.request());
                assertEquals(payloads[i], message.message());
            }
        }
        writer.join();
    }

    private void sendInPieces(FrontendRequest[] requests, Message[] payloads, RandomGenerator random)
            throws IOException {
        for (int i = 0; i < requests.length; i++) {
            byte[] bytes = RawPeer.bytes(requests[i].id(), REQUEST, payloads[i]);
            int copies = descriptorsOf(requests[i], payloads[i]);
            for (int at = 0; at < bytes.length; ) {
                int end = random.nextInt(at + 1, bytes.length + 1);
                peer.send(Arrays.copyOfRange(bytes, at, end), descriptor, at == 0 ? copies : 0);
                at = end;
            }
        }
    }

    private static int descriptorsOf(FrontendRequest request, Message payload) {
        return switch (request.descriptors()) {
            case NONE, ONE_OR_NONE -> 0;
            case ONE -> 1;
            case FLAG_DECIDES -> ((Message.VringFile) payload).withoutDescriptor() ? 0 : 1;
            case ONE_PER_REGION -> ((Message.MemoryTable) payload).regions().size();
        };
    }

    @Test
    void messagesSentAtOnceAreSeparated() throws IOException {
        byte[] first = RawPeer.bytes(2, REQUEST, new Message.U64(7));
        byte[] second = RawPeer.bytes(1, REQUEST, Message.EMPTY);
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        peer.send(both);
        assertReceives(FrontendRequest.SET_FEATURES, new Message.U64(7));
        assertReceives(FrontendRequest.GET_FEATURES, Message.EMPTY);
    }

    @Test
    void unknownMessageIsSkippedAndNamed() throws IOException {
        byte[] payload = new byte[MessageHeader.MAX_PAYLOAD];
        peer.send(RawPeer.bytes(4711, REQUEST, new Message.Opaque(Bytes.of(payload))));
        peer.send(RawPeer.bytes(1, REQUEST, Message.EMPTY));
        try (ReceivedMessage message = receive()) {
            assertEquals(FrontendRequest.UNKNOWN, message.request());
            assertEquals(new Message.Unknown(), message.message());
            assertEquals(4711, message.header().request());
        }
        assertReceives(FrontendRequest.GET_FEATURES, Message.EMPTY);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 9, 253})
    void unwantedDescriptorsAreClosedAndTheMessageRefused(int count) throws IOException {
        peer.send(RawPeer.bytes(1, REQUEST, Message.EMPTY), descriptor, count);
        assertRefused();
        assertReceivesAfterwards();
    }

    @Test
    void missingDescriptorIsRefused() throws IOException {
        peer.send(RawPeer.bytes(12, REQUEST, new Message.VringFile(0, false)));
        assertRefused();
        assertReceivesAfterwards();
    }

    @Test
    void floodOfDescriptorsWithEveryHeaderByteIsClosedAtOnce() throws IOException {
        byte[] bytes = RawPeer.bytes(37, REQUEST, new Message.MemoryRegion(0, 4096, 0, 0));
        var writer = Background.run(() -> {
            for (byte b : bytes) {
                peer.send(new byte[] {b}, descriptor, 253);
            }
        });
        assertRefused();
        writer.join();
        assertEquals(1, OpenFiles.of(file));
        assertReceivesAfterwards();
    }

    @Test
    void descriptorsWithThePayloadAreClosedAndTheMessageRefused() throws IOException {
        byte[] bytes = RawPeer.bytes(12, REQUEST, new Message.VringFile(0, false));
        peer.send(Arrays.copyOf(bytes, MessageHeader.BYTES));
        peer.send(Arrays.copyOfRange(bytes, MessageHeader.BYTES, bytes.length), List.of(descriptor));
        assertRefused();
        assertReceivesAfterwards();
    }

    @Test
    void descriptorsWithHeaderAndPayloadAreClosedAndTheMessageRefused() throws IOException {
        byte[] bytes = RawPeer.bytes(12, REQUEST, new Message.VringFile(0, false));
        peer.send(Arrays.copyOf(bytes, MessageHeader.BYTES), List.of(descriptor));
        peer.send(Arrays.copyOfRange(bytes, MessageHeader.BYTES, bytes.length), List.of(descriptor));
        assertRefused();
        assertReceivesAfterwards();
    }

    @Test
    void endBetweenMessagesIsNull() throws IOException {
        peer.send(RawPeer.bytes(1, REQUEST, Message.EMPTY));
        peer.close();
        assertReceives(FrontendRequest.GET_FEATURES, Message.EMPTY);
        assertNull(connection.receive());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 11, 12, 19})
    void endInsideAMessageIsFatal(int length) throws IOException {
        byte[] bytes = RawPeer.bytes(2, REQUEST, new Message.U64(1));
        peer.send(Arrays.copyOf(bytes, length), List.of(descriptor));
        peer.close();
        assertFatal();
    }

    @Test
    void peerThatLeavesWithoutReadingItsReplyIsAnEnd() throws IOException {
        peer.send(RawPeer.bytes(1, REQUEST, Message.EMPTY));
        try (ReceivedMessage message = receive()) {
            connection.reply(message, new Message.U64(0));
        }
        peer.close();
        assertNull(connection.receive());
    }

    @Test
    void headerThatIsNoRequestIsFatal() throws IOException {
        peer.send(RawPeer.header(1, 0x5, 0), List.of(descriptor));
        assertFatal();
    }

    @Test
    void payloadBeyondTheLimitIsFatalBeforeItIsRead() throws IOException {
        peer.send(RawPeer.header(24, REQUEST, -1), List.of(descriptor));
        assertFatal();
    }

    @Test
    void stopEndsTheWaitInsideAHeader() throws Exception {
        peer.send(Arrays.copyOf(RawPeer.header(1, REQUEST, 0), 6), List.of(descriptor));
        var waiting = Background.call(connection::receive);
        stop.wake();
        assertNull(waiting.get());
    }

    @Test
    void stopWinsOverMessagesThatWait() throws IOException {
        peer.send(RawPeer.bytes(1, REQUEST, Message.EMPTY));
        stop.wake();
        assertNull(connection.receive());
    }

    @Test
    void abortByAnotherThreadEndsTheWait() throws Exception {
        var waiting = Background.call(connection::receive);
        connection.abort();
        assertNull(waiting.get());
        assertThrows(IOException.class, () -> peer.receive(1), "the peer sees the end too");
    }

    @Test
    void abortAfterCloseDoesNothing() {
        connection.close();
        connection.abort();
        connection.close();
    }

    @Test
    void replyHasExactlyTheFlagsOfAReply() throws IOException {
        peer.send(RawPeer.bytes(17, 0x9, Message.EMPTY));
        try (ReceivedMessage message = receive()) {
            assertTrue(message.header().needReply());
            connection.reply(message, new Message.U64(5));
        }
        assertArrayEquals(RawPeer.bytes(17, 0x5, new Message.U64(5)), peer.receive(20));
    }

    @Test
    void replyCarriesDescriptorsThatStayTheCallers() throws IOException {
        peer.send(RawPeer.bytes(28, REQUEST, Message.EMPTY));
        try (ReceivedMessage message = receive()) {
            connection.reply(message, Message.EMPTY, List.of(descriptor));
        }
        assertEquals(1, peer.receiveDescriptors(12));
        assertFalse(descriptor.isClosed());
    }

    @Test
    void replyToAnUnknownMessageKeepsItsId() throws IOException {
        peer.send(RawPeer.bytes(-2, 0x9, Message.EMPTY));
        try (ReceivedMessage message = receive()) {
            connection.reply(message, Message.NACK);
        }
        assertArrayEquals(RawPeer.bytes(-2, 0x5, Message.NACK), peer.receive(20));
    }

    @Test
    void stopEndsAReplyThatNobodyReads() throws Exception {
        peer.send(RawPeer.bytes(44, REQUEST, Message.EMPTY));
        try (ReceivedMessage message = receive()) {
            Message large = new Message.ShmemConfig(0, List.of());
            stop.wake();
            assertThrows(IOException.class, () -> {
                while (true) {
                    connection.reply(message, large);
                }
            });
        }
    }

    @Test
    void messagesOfSeveralThreadsAreNotMixed() throws Exception {
        int threads = 4;
        int each = 200;
        List<OwnedFd> pair = UnixSocket.pair();
        try (VhostUserConnection sender = new VhostUserConnection(pair.get(0), stop.fd());
                VhostUserConnection receiver = new VhostUserConnection(pair.get(1), stop.fd())) {
            List<CompletableFuture<?>> senders = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                Message payload = new Message.Opaque(Bytes.of(new byte[t * 1000]));
                senders.add(Background.run(() -> {
                    for (int i = 0; i < each; i++) {
                        sender.request(BackendRequest.VRING_CALL, payload, false, List.of(), Deadline.NEVER);
                    }
                }));
            }
            for (int i = 0; i < threads * each; i++) {
                try (ReceivedMessage message = Objects.requireNonNull(receiver.receive())) {
                    assertEquals(
                            BackendRequest.VRING_CALL.id(), message.header().request());
                    assertEquals(0, message.header().size() % 1000);
                }
            }
            senders.forEach(CompletableFuture::join);
        }
    }

    private ReceivedMessage receive() throws IOException {
        return Objects.requireNonNull(connection.receive(), "the connection ended");
    }

    private void assertReceives(FrontendRequest request, Message payload) throws IOException {
        try (ReceivedMessage message = receive()) {
            assertEquals(request, message.request());
            assertEquals(payload, message.message());
        }
    }

    private void assertReceivesAfterwards() throws IOException {
        peer.send(RawPeer.bytes(17, REQUEST, Message.EMPTY));
        assertReceives(FrontendRequest.GET_QUEUE_NUM, Message.EMPTY);
    }

    private void assertRefused() throws IOException {
        try (ReceivedMessage message = receive()) {
            ProtocolException refusal = assertThrows(ProtocolException.class, message::message);
            assertFalse(refusal.fatal(), refusal::getMessage);
        }
    }

    private void assertFatal() {
        ProtocolException failure = assertThrows(ProtocolException.class, connection::receive);
        assertTrue(failure.fatal(), failure::getMessage);
    }
}
