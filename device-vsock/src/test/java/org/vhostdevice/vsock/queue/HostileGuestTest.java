package org.vhostdevice.vsock.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

/// Guests that do what no driver does, and hosts that take little.
@Timeout(60)
class HostileGuestTest {
    private static final int BUFFERS = 200;
    private static final int LIMIT = 1024;
    private static final byte[] NONE = {};

    private final FakeHost host = new FakeHost(bytes -> bytes);
    private final FakeHost deaf = new FakeHost(_ -> 0);

    private static PacketHeader packet(int guestPort, int hostPort, int type, int op, int flags, int len) {
        PacketHeader packet = new PacketHeader();
        packet.address(QueueRig.CID, guestPort, 2, hostPort, type);
        packet.content(op, flags, len);
        packet.credit(1 << 20, 0);
        return packet;
    }

    private static PacketHeader stream(int guestPort, int op, int flags, int len) {
        return packet(guestPort, 80, PacketType.STREAM, op, flags, len);
    }

    private static void connect(QueueRig rig, int guestPort, int type) throws Exception {
        rig.send(packet(guestPort, 80, type, Operation.REQUEST, 0, 0), NONE, 64);
        assertEquals(Operation.RESPONSE, rig.poll().header().op());
    }

    private static void give(QueueRig rig, int buffers) {
        for (int i = 0; i < buffers; i++) {
            rig.give(100);
        }
    }

    @Test
    @DisplayName(
            "VIRTIO 1.4, 5.10.6.1.2: packets are taken while there are no receive buffers, up to a limit of answers")
    void packetsAreTakenWithoutReceiveBuffers() throws Exception {
        try (QueueRig rig = new QueueRig(8, host)) {
            for (int i = 0; i < LIMIT; i++) {
                rig.send(stream(i, Operation.RW, 0, 0), NONE, 64);
            }
            assertEquals(LIMIT, rig.sentBack());
            rig.send(stream(LIMIT, Operation.RW, 0, 0), NONE, 64);
            assertEquals(LIMIT, rig.sentBack(), "one more waits in the ring");
            give(rig, BUFFERS);
            rig.serve();
            rig.serve();
            assertEquals(LIMIT + 1, rig.sentBack());
            for (int i = 0; i < BUFFERS; i++) {
                PacketHeader reset = rig.poll().header();
                assertEquals(Operation.RST, reset.op());
                assertEquals(i, reset.dstPort());
            }
            assertNull(rig.poll());
        }
    }

    @Test
    void packetsOfOneConnectionOweOneAnswerEach() throws Exception {
        try (QueueRig rig = new QueueRig(8, host)) {
            give(rig, 1);
            connect(rig, 1, PacketType.STREAM);
            for (int i = 0; i < 2 * LIMIT; i++) {
                rig.send(stream(1, Operation.CREDIT_REQUEST, 0, 0), NONE, 64);
            }
            assertEquals(2 * LIMIT + 1, rig.sentBack());
            give(rig, 3);
            rig.serve();
            assertEquals(Operation.CREDIT_UPDATE, rig.poll().header().op());
            assertNull(rig.poll());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, " + BufferPool.PIECE_BYTES, "2, " + BufferPool.PIECE_BYTES})
    void smallPacketsTakeAsMuchMemoryAsTheirBytes(int bytes, int pooled) throws Exception {
        try (QueueRig rig = new QueueRig(8, deaf)) {
            give(rig, 4);
            connect(rig, 1, PacketType.STREAM);
            for (int i = 0; i < 3000; i++) {
                rig.send(stream(1, Operation.RW, 0, bytes), new byte[bytes], 64);
            }
            assertNull(rig.poll());
            assertEquals(pooled, rig.queues().pooled());
            rig.send(stream(1, Operation.RST, 0, 0), NONE, 64);
            assertEquals(0, rig.queues().pooled());
        }
    }

    @Test
    void emptyMessagesThatNobodyTakesEndTheConnection() throws Exception {
        try (QueueRig rig = new QueueRig(8, deaf)) {
            give(rig, 4);
            connect(rig, 1, PacketType.SEQPACKET);
            PacketHeader first = packet(1, 80, PacketType.SEQPACKET, Operation.RW, Operation.SEQ_EOM, 1);
            rig.send(first, new byte[1], 64);
            PacketHeader empty = packet(1, 80, PacketType.SEQPACKET, Operation.RW, Operation.SEQ_EOM, 0);
            for (int i = 0; i < MessageQueue.LIMIT; i++) {
                rig.send(empty, NONE, 64);
            }
            assertEquals(Operation.RST, rig.poll().header().op());
            assertTrue(deaf.ends.getFirst().isClosed());
        }
    }

    @Test
    void messageThatNeverEndsEndsTheConnection() throws Exception {
        try (QueueRig rig = new QueueRig(8, host)) {
            give(rig, 4);
            connect(rig, 1, PacketType.SEQPACKET);
            int half = QueueRig.BUF_ALLOC / 2;
            PacketHeader part = packet(1, 80, PacketType.SEQPACKET, Operation.RW, 0, half);
            rig.send(part, new byte[half], half);
            assertNull(rig.poll());
            rig.send(part, new byte[half], half);
            assertEquals(Operation.RST, rig.poll().header().op());
            assertEquals(0, rig.queues().pooled());
        }
    }

    @Test
    void hostThatNeverReadsKeepsNoMoreThanTheBuffer() throws Exception {
        try (QueueRig rig = new QueueRig(8, deaf)) {
            give(rig, 4);
            connect(rig, 1, PacketType.STREAM);
            int all = QueueRig.BUF_ALLOC;
            rig.send(stream(1, Operation.RW, 0, all), new byte[all], all);
            assertNull(rig.poll());
            rig.send(stream(1, Operation.RW, 0, 1), new byte[1], all);
            assertEquals(Operation.RST, rig.poll().header().op());
            assertEquals(0, rig.queues().pooled());
        }
    }

    @Test
    void refusalOfTheHostComesLater() throws Exception {
        try (QueueRig rig = new QueueRig(8, host)) {
            give(rig, 4);
            rig.send(packet(1, 81, PacketType.STREAM, Operation.REQUEST, 0, 0), NONE, 64);
            assertNull(rig.poll());
            host.ends.getFirst().breakDown();
            host.ends.getFirst().tell();
            rig.serve();
            assertEquals(Operation.RST, rig.poll().header().op());
            rig.send(packet(2, 81, PacketType.STREAM, Operation.REQUEST, 0, 0), NONE, 64);
            host.ends.getLast().tell();
            rig.serve();
            assertEquals(Operation.RESPONSE, rig.poll().header().op());
        }
    }

    @Test
    void guestWithoutRoomIsAskedAfterAMoment() throws Exception {
        try (QueueRig rig = new QueueRig(8, host)) {
            give(rig, 8);
            PacketHeader request = stream(1, Operation.REQUEST, 0, 0);
            request.credit(50, 0);
            rig.send(request, NONE, 64);
            assertEquals(Operation.RESPONSE, rig.poll().header().op());
            host.ends.getFirst().offer(60);
            host.ends.getFirst().tell();
            rig.serve();
            assertEquals(50, rig.poll().data().length);
            QueueRig.Packet next = rig.poll();
            while (next == null) {
                rig.serve();
                next = rig.poll();
            }
            assertEquals(Operation.CREDIT_REQUEST, next.header().op());
            PacketHeader room = stream(1, Operation.CREDIT_UPDATE, 0, 0);
            room.credit(50, 50);
            rig.send(room, NONE, 64);
            assertEquals(10, rig.poll().data().length);
        }
    }

    @Test
    void hostAsksForConnectionsOfTheTypesThatTheGuestHas() throws Exception {
        try (QueueRig rig = new QueueRig(2, host)) {
            give(rig, 8);
            host.call(7, SocketType.STREAM);
            host.call(7, SocketType.SEQPACKET);
            host.call(7, SocketType.STREAM);
            rig.serve();
            assertEquals(PacketType.STREAM, rig.poll().header().type());
            assertEquals(PacketType.SEQPACKET, rig.poll().header().type());
            assertNull(rig.poll());
            assertTrue(host.ends.getLast().isClosed(), "there is no room for a third");
        }
    }

    @Test
    void buffersThatAreHeldGoBackWhenTheQueueStops() throws Exception {
        QueueRig rig = new QueueRig(8, host);
        give(rig, 20);
        connect(rig, 1, PacketType.STREAM);
        host.ends.getFirst().offer(300);
        host.ends.getFirst().tell();
        rig.serve();
        rig.stop();
        assertEquals(0, rig.inFlight());
        rig.close();
    }

    @Test
    void morePacketsThanBuffersWereLeftOverMakeTheQueueLookAgain() throws Exception {
        int room = 3000 - PacketHeader.BYTES;
        try (QueueRig rig = new QueueRig(8, host)) {
            for (int i = 0; i < 16; i++) {
                rig.give(3000);
            }
            connect(rig, 1, PacketType.STREAM);
            host.ends.getFirst().offer(3 * room + 10); // fills 1 and 2, of the next 4 only one
            host.ends.getFirst().tell();
            rig.serve();
            while (rig.poll() != null) {
                // data
            }
            for (int i = 0; i < 5; i++) {
                rig.post(new byte[PacketHeader.BYTES], PacketHeader.BYTES);
            }
            rig.serve();
            int came = 0;
            while (rig.poll() != null) {
                came++;
            }
            assertTrue(came > 0 && came < 5, came + " buffers were left over");
            assertTrue(rig.looksAgain());
            rig.serve();
            while (rig.poll() != null) {
                came++;
            }
            assertEquals(5, came);
        }
    }
}
