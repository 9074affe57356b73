package org.vhostdevice.vsock.queue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.vsock.HostListener;
import org.vhostdevice.core.frontend.vsock.HostSocket;
import org.vhostdevice.core.frontend.vsock.HybridHost;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.vsock.host.UnixPorts;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

/// What other programs do wrong with the host's Unix sockets and the guest's packets, each by its number in our
/// list of such defects.
@Timeout(60)
class DefectsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int HOST_PORT = 1024;
    private static final int GUEST_PORT = 5000;
    private static final int SPACE = 1 << 20;
    private static final byte[] NONE = {};

    @TempDir
    private Path folder;

    private HybridHost host;
    private QueueRig rig;
    private int taken;

    @BeforeEach
    void open() throws Exception {
        Path path = folder.resolve("v");
        host = new HybridHost(path);
        rig = new QueueRig(8, new UnixPorts(path));
        for (int i = 0; i < 32; i++) {
            rig.give(4096);
        }
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private PacketHeader packet(int guestPort, int hostPort, int op, int flags, int len) {
        PacketHeader packet = new PacketHeader();
        packet.address(QueueRig.CID, guestPort, 2, hostPort, PacketType.STREAM);
        packet.content(op, flags, len);
        packet.credit(SPACE, taken);
        return packet;
    }

    private void send(int op, int flags) throws Exception {
        rig.send(packet(GUEST_PORT, HOST_PORT, op, flags, 0), NONE, 64);
    }

    private void sendData(byte[] data) throws Exception {
        rig.send(packet(GUEST_PORT, HOST_PORT, Operation.RW, 0, data.length), data, 1 << 16);
    }

    private PacketHeader await(int op) throws Exception {
        PacketHeader header = rig.await().header();
        assertEquals(op, header.op());
        return header;
    }

    private void assertQuiet() throws Exception {
        for (int i = 0; i < 20; i++) {
            rig.step();
        }
        assertNull(rig.poll());
    }

    private HostSocket connect() throws Exception {
        try (HostListener listener = host.listen(HOST_PORT)) {
            send(Operation.REQUEST, 0);
            await(Operation.RESPONSE);
            return listener.accept(LONG).orElseThrow();
        }
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (i * 7 + (i >> 8));
        }
        return bytes;
    }

    private static void write(HostSocket to, String text) throws Exception {
        to.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    @DisplayName("V1: a request that nobody on the host listens for is answered by RST")
    void v1RequestThatNobodyListensForIsReset() throws Exception {
        assertRefused();
    }

    private void assertRefused() throws Exception {
        send(Operation.REQUEST, 0);
        PacketHeader reset = await(Operation.RST);
        assertEquals(HOST_PORT, reset.srcPort());
        assertEquals(GUEST_PORT, reset.dstPort());
        assertQuiet();
    }

    @Test
    @DisplayName("V2: packets of unknown types and of no connection are answered by RST, but never RST")
    void v2PacketsOfNoConnectionAreReset() throws Exception {
        PacketHeader odd = new PacketHeader();
        odd.address(QueueRig.CID, 1, 2, 2, 0xabcd);
        odd.content(Operation.REQUEST, 0, 0);
        rig.send(odd, NONE, 64);
        assertEquals(0xabcd, await(Operation.RST).type());
        send(Operation.RW, 0);
        await(Operation.RST);
        send(Operation.CREDIT_REQUEST, 0);
        await(Operation.RST);
        send(Operation.RST, 0);
        assertQuiet();
    }

    @Test
    @DisplayName("V3: packets for another context id, and of one, are answered by RST")
    void v3PacketsForOtherContextsAreReset() throws Exception {
        PacketHeader foreign = new PacketHeader();
        foreign.address(QueueRig.CID, 1, 77, 2, PacketType.STREAM);
        foreign.content(Operation.REQUEST, 0, 0);
        rig.send(foreign, NONE, 64);
        assertEquals(77, await(Operation.RST).srcCid());
        foreign.address(99, 1, 2, HOST_PORT, PacketType.STREAM);
        foreign.content(Operation.REQUEST, 0, 0);
        rig.send(foreign, NONE, 64);
        assertEquals(99, await(Operation.RST).dstCid());
    }

    @Test
    @DisplayName("V4: what the host has not read when the guest shuts down reaches it, then comes RST")
    void v4DataUnderWayReachesTheHostBeforeTheReset() throws Exception {
        try (HostSocket peer = connect()) {
            ByteArrayOutputStream sent = fillHost();
            send(Operation.SHUTDOWN, Operation.SHUTDOWN_BOTH);
            assertQuietBut(Operation.CREDIT_UPDATE);
            assertArrayEquals(sent.toByteArray(), readAll(peer));
            awaitReset();
        }
    }

    /// Sends until the host takes no more and our buffer has some.
    private ByteArrayOutputStream fillHost() throws Exception {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        int credit = QueueRig.BUF_ALLOC;
        int known = 0;
        while (credit - known >= 1000 || sent.size() == 0) {
            int n = Math.min(4000, credit - known);
            byte[] data = Arrays.copyOfRange(bytes(sent.size() + n), sent.size(), sent.size() + n);
            sendData(data);
            sent.writeBytes(data);
            known += n;
            for (var next = rig.poll(); next != null; next = rig.poll()) {
                assertEquals(Operation.CREDIT_UPDATE, next.header().op());
                known = sent.size() - next.header().fwdCnt();
                rig.give(4096);
            }
        }
        return sent;
    }

    private void assertQuietBut(int op) throws Exception {
        for (int i = 0; i < 20; i++) {
            rig.step();
        }
        for (var next = rig.poll(); next != null; next = rig.poll()) {
            assertEquals(op, next.header().op());
        }
    }

    private byte[] readAll(HostSocket peer) throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer some = ByteBuffer.allocate(3000);
        int n = 0;
        while (n >= 0) {
            n = peer.read(some.clear(), Duration.ofMillis(1));
            all.write(some.array(), 0, Math.max(0, n));
            rig.step();
        }
        return all.toByteArray();
    }

    private void awaitReset() throws Exception {
        PacketHeader next = rig.await().header();
        while (next.op() == Operation.CREDIT_UPDATE) {
            next = rig.await().header();
        }
        assertEquals(Operation.RST, next.op());
    }

    @Test
    @DisplayName("V5: the guest may answer after the host has said that it sends no more")
    void v5GuestMayAnswerAfterTheHostHasEnded() throws Exception {
        try (HostSocket peer = connect()) {
            write(peer, "question");
            peer.shutdownOutput();
            assertEquals("question", new String(rig.await().data(), StandardCharsets.US_ASCII));
            assertEquals(Operation.SHUTDOWN_SEND, await(Operation.SHUTDOWN).flags());
            sendData("answer".getBytes(StandardCharsets.US_ASCII));
            assertEquals("answer", new String(peer.read(6, LONG), StandardCharsets.US_ASCII));
            taken = 8;
            send(Operation.SHUTDOWN, Operation.SHUTDOWN_BOTH);
            await(Operation.RST);
        }
    }

    @Test
    @DisplayName("V6: no byte is lost when the host reads late, and a connection that lost some ends")
    void v6NoByteIsLost() throws Exception {
        try (HostSocket peer = connect()) {
            ByteArrayOutputStream sent = fillHost();
            byte[] first = peer.read(sent.size() / 2, LONG);
            assertArrayEquals(Arrays.copyOf(sent.toByteArray(), first.length), first);
            assertQuietBut(Operation.CREDIT_UPDATE);
        }
        PacketHeader next = rig.await().header();
        while (next.op() == Operation.CREDIT_UPDATE) {
            next = rig.await().header();
        }
        assertTrue(next.op() == Operation.RST || next.op() == Operation.SHUTDOWN, "operation " + next.op());
    }

    @Test
    @DisplayName("V7: a program of the host that has gone before its connection is granted does no harm")
    void v7CallerThatHasGoneDoesNoHarm() throws Exception {
        HostSocket caller = host.connect(GUEST_PORT);
        PacketHeader request = await(Operation.REQUEST);
        caller.close();
        rig.send(packet(GUEST_PORT, request.srcPort(), Operation.RESPONSE, 0, 0), NONE, 64);
        await(Operation.RST);
        assertRefused();
    }

    @Test
    @DisplayName("V8: OK tells the port of the host by which the guest knows the connection")
    void v8CallersAreToldTheirPort() throws Exception {
        try (HostSocket caller = host.connect(GUEST_PORT)) {
            PacketHeader request = await(Operation.REQUEST);
            assertEquals(GUEST_PORT, request.dstPort());
            rig.send(packet(GUEST_PORT, request.srcPort(), Operation.RESPONSE, 0, 0), NONE, 64);
            assertEquals("OK " + request.srcPort(), caller.readLine(LONG));
        }
    }

    @Test
    @DisplayName("V9: the line may come in pieces, and what follows it is not lost")
    void v9LineMayComeInPieces() throws Exception {
        try (HostSocket caller = host.dial()) {
            for (String piece : new String[] {"CONN", "ECT 5", "0", "00", "\nfirst bytes"}) {
                assertQuiet();
                write(caller, piece);
            }
            PacketHeader request = await(Operation.REQUEST);
            rig.send(packet(GUEST_PORT, request.srcPort(), Operation.RESPONSE, 0, 0), NONE, 64);
            assertEquals("first bytes", new String(rig.await().data(), StandardCharsets.US_ASCII));
            assertTrue(caller.readLine(LONG).startsWith("OK "));
        }
    }

    @Test
    @DisplayName("V10, V11: each buffer that comes back has a packet")
    void v10EachBufferThatComesBackHasAPacket() throws Exception {
        try (HostSocket peer = connect()) {
            for (int i = 0; i < 20; i++) {
                write(peer, "x".repeat(i * 100 + 1));
                int came = 0;
                while (came < i * 100 + 1) {
                    QueueRig.Packet next = rig.await();
                    assertEquals(Operation.RW, next.header().op());
                    came += next.data().length;
                    rig.give(4096);
                }
                taken += came;
                send(Operation.CREDIT_REQUEST, 0);
                await(Operation.CREDIT_UPDATE);
                rig.give(4096);
                assertQuiet();
            }
        }
        await(Operation.SHUTDOWN);
        assertEquals(0, rig.emptyBuffers());
    }

    @Test
    @DisplayName("V12: packets that are malformed come back too")
    void v12MalformedPacketsComeBack() throws Exception {
        rig.send(new byte[1], 1);
        rig.send(new byte[43], 7);
        assertEquals(2, rig.sentBack());
        rig.send(packet(GUEST_PORT, HOST_PORT, Operation.RW, 0, 1000), new byte[10], 64);
        assertEquals(3, rig.sentBack());
        await(Operation.RST);
        try (HostSocket _ = connect()) {
            rig.send(packet(GUEST_PORT, HOST_PORT, Operation.RW, 0, 1000), new byte[10], 64);
            await(Operation.RST);
        }
        assertEquals(5, rig.sentBack());
    }

    @Test
    @DisplayName("V13: packets may lie in any number of descriptors, both ways")
    void v13PacketsMayLieInAnyNumberOfDescriptors() throws Exception {
        rig.close();
        Path path = folder.resolve("w");
        host = new HybridHost(path);
        rig = new QueueRig(8, new UnixPorts(path));
        rig.give(1, 43, 500);
        rig.give(10, 30, 4, 1, 1, 1, 600);
        rig.give(44, 2000);
        try (HostSocket peer = connect()) {
            byte[] data = bytes(700);
            rig.send(packet(GUEST_PORT, HOST_PORT, Operation.RW, 0, data.length), data, 3);
            assertArrayEquals(data, peer.read(data.length, LONG));
            peer.write(ByteBuffer.wrap(data));
            ByteArrayOutputStream came = new ByteArrayOutputStream();
            while (came.size() < data.length) {
                came.writeBytes(rig.await().data());
            }
            assertArrayEquals(data, came.toByteArray());
        }
    }

    @Test
    @DisplayName("V14: a host that does not accept holds up nobody else")
    void v14HostThatDoesNotAcceptHoldsUpNobody() throws Exception {
        try (OwnedFd listening = UnixSocket.listen(Path.of(host.path() + "_7"), 0);
                HostSocket peer = connect()) {
            for (int i = 0; i < 6; i++) { // the device has room for eight
                rig.send(packet(6000 + i, 7, Operation.REQUEST, 0, 0), NONE, 64);
            }
            sendData(bytes(10));
            assertArrayEquals(bytes(10), peer.read(10, LONG));
            Set<Integer> granted = new HashSet<>();
            while (granted.size() < 6) {
                OwnedFd accepted = Sockets.accept(listening.number());
                if (accepted != null) {
                    accepted.close();
                }
                rig.step();
                for (var next = rig.poll(); next != null; next = rig.poll()) {
                    if (next.header().op() == Operation.RESPONSE) {
                        granted.add(next.header().dstPort());
                    }
                    rig.give(4096);
                }
            }
        }
    }

    @Test
    @DisplayName("V17: there is a limit of connections, and each has a port of its own")
    void v17ConnectionsAreLimitedAndHaveTheirOwnPorts() throws Exception {
        Set<Integer> ports = new HashSet<>();
        HostSocket[] callers = new HostSocket[9];
        for (int i = 0; i < callers.length; i++) {
            callers[i] = host.connect(GUEST_PORT);
        }
        for (int i = 0; i < 8; i++) {
            PacketHeader request = await(Operation.REQUEST);
            assertTrue(request.srcPort() >= 1 << 30);
            assertTrue(ports.add(request.srcPort()));
        }
        assertQuiet();
        send(Operation.REQUEST, 0);
        await(Operation.RST);
        rig.send(packet(GUEST_PORT, ports.iterator().next(), Operation.RST, 0, 0), NONE, 64);
        assertFalse(ports.contains(await(Operation.REQUEST).srcPort()), "the ninth, who has waited");
        for (HostSocket caller : callers) {
            caller.close();
        }
    }

    @Test
    @DisplayName("V18: packets are as long as they say, however small the buffers are")
    void v18PacketsAreAsLongAsTheySay() throws Exception {
        rig.close();
        Path path = folder.resolve("w");
        host = new HybridHost(path);
        rig = new QueueRig(8, new UnixPorts(path));
        rig.give(10);
        rig.give(44);
        try (HostSocket peer = connect()) {
            for (int size : new int[] {45, 44, 50, 43, 144, 44, 300, 44, 44, 100, 2000}) {
                rig.give(size);
            }
            byte[] data = bytes(900);
            peer.write(ByteBuffer.wrap(data));
            ByteArrayOutputStream came = new ByteArrayOutputStream();
            while (came.size() < data.length) {
                QueueRig.Packet next = rig.await();
                assertEquals(next.header().op() == Operation.RW, next.data().length > 0);
                came.writeBytes(next.data());
            }
            assertArrayEquals(data, came.toByteArray());
        }
        assertEquals(2, rig.emptyBuffers());
    }

    @Test
    void portsOfCallersAreNotThoseOfListeners() throws Exception {
        try (HostSocket _ = host.connect(GUEST_PORT)) {
            assertNotEquals(HOST_PORT, await(Operation.REQUEST).srcPort());
        }
    }
}
