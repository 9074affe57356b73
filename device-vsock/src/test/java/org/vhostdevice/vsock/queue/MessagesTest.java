package org.vhostdevice.vsock.queue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.vsock.HostMessages;
import org.vhostdevice.core.frontend.vsock.HybridHost;
import org.vhostdevice.vsock.host.UnixPorts;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

@DisplayName("VIRTIO 1.4, 5.10.6.6")
@Timeout(60)
class MessagesTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int HOST_PORT = 1024;
    private static final int GUEST_PORT = 5000;
    private static final int EOM = Operation.SEQ_EOM;
    private static final byte[] NONE = {};

    @TempDir
    private Path folder;

    private HybridHost host;
    private QueueRig rig;
    private int guestSpace = 1 << 20;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(HostMessages.areThere());
        Path path = folder.resolve("v");
        host = new HybridHost(path);
        rig = new QueueRig(8, new UnixPorts(path));
        for (int i = 0; i < 60; i++) {
            rig.give(44 + 1000);
        }
    }

    @AfterEach
    void close() {
        if (rig != null) {
            rig.close();
        }
    }

    private PacketHeader packet(int hostPort, int op, int flags, int len) {
        PacketHeader packet = new PacketHeader();
        packet.address(QueueRig.CID, GUEST_PORT, 2, hostPort, PacketType.SEQPACKET);
        packet.content(op, flags, len);
        packet.credit(guestSpace, 0);
        return packet;
    }

    private void send(byte[] data, int flags) throws Exception {
        rig.send(packet(HOST_PORT, Operation.RW, flags, data.length), data, 700);
    }

    private HostMessages connect() throws Exception {
        try (HostMessages.Listener listener = host.listenForMessages(HOST_PORT)) {
            rig.send(packet(HOST_PORT, Operation.REQUEST, 0, 0), NONE, 64);
            assertEquals(Operation.RESPONSE, rig.await().header().op());
            return listener.accept(LONG).orElseThrow();
        }
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (i * 11 + (i >> 8));
        }
        return bytes;
    }

    /// The next message for the guest, whose last packet alone ends it.
    private byte[] receive() throws Exception {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        QueueRig.Packet next = rig.await();
        while ((next.header().flags() & EOM) == 0) {
            assertEquals(Operation.RW, next.header().op());
            message.writeBytes(next.data());
            next = rig.await();
        }
        message.writeBytes(next.data());
        return message.toByteArray();
    }

    @Test
    void bordersAreKeptBothWays() throws Exception {
        try (HostMessages peer = connect()) {
            for (int size : new int[] {1, 10, 999, 1000, 1001, 5000, 16001}) {
                peer.send(bytes(size), LONG);
                assertArrayEquals(bytes(size), receive());
            }
            for (int size : new int[] {1, 2, 1500, 3000}) {
                send(bytes(size), EOM);
                assertArrayEquals(bytes(size), peer.receive(LONG).orElseThrow());
                rig.step();
            }
        }
    }

    @Test
    void packetsOfOneMessageArePutTogether() throws Exception {
        try (HostMessages peer = connect()) {
            send(bytes(700), 0);
            send(bytes(1), 0);
            send(NONE, 0);
            send(bytes(800), EOM | Operation.SEQ_EOR);
            assertEquals(1501, peer.receive(LONG).orElseThrow().length);
        }
    }

    @Test
    void messagesWaitForAHostThatReadsLate() throws Exception {
        try (HostMessages peer = connect()) {
            int sent = 0;
            for (int i = 0; i < 3000; i++) { // more than the host's queue of messages
                send(bytes(i % 3), EOM);
                sent++;
                for (var next = rig.poll(); next != null; next = rig.poll()) {
                    assertEquals(Operation.CREDIT_UPDATE, next.header().op());
                    rig.give(1044);
                }
            }
            for (int i = 0; i < sent; i++) {
                if (i % 3 > 0) {
                    assertArrayEquals(bytes(i % 3), peer.receive(LONG).orElseThrow());
                } else {
                    assertEquals(
                            0, peer.receive(LONG).map(message -> message.length).orElse(0));
                }
                rig.serve();
                rig.step();
            }
        }
    }

    @Test
    void messageThatTheGuestNeverHasRoomForEndsTheConnection() throws Exception {
        guestSpace = 3000;
        try (HostMessages peer = connect()) {
            peer.send(bytes(3000), LONG);
            assertArrayEquals(bytes(3000), receive());
            PacketHeader room = packet(HOST_PORT, Operation.CREDIT_UPDATE, 0, 0);
            room.credit(guestSpace, 3000);
            rig.send(room, NONE, 64);
            peer.send(bytes(3001), LONG);
            assertEquals(Operation.RST, rig.await().header().op());
        }
    }

    @Test
    void callersAreAnsweredByAMessage() throws Exception {
        try (HostMessages caller = host.connectForMessages(GUEST_PORT, LONG).orElseThrow()) {
            PacketHeader request = rig.await().header();
            assertEquals(Operation.REQUEST, request.op());
            assertEquals(PacketType.SEQPACKET, request.type());
            rig.send(packet(request.srcPort(), Operation.RESPONSE, 0, 0), NONE, 64);
            assertEquals("OK " + request.srcPort(), caller.receiveLine(LONG));
        }
    }
}
