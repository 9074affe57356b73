package org.vhostdevice.vsock.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.device.Deadlines;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.vsock.connection.Connection.Address;
import org.vhostdevice.vsock.packet.PacketType;

@Timeout(60)
class SiblingPortsTest {
    private static final int PORT = 77;
    private static final int FROM = 1234;

    private final Siblings siblings = new Siblings();
    private final SiblingPorts caller = siblings.add(4, Set.of("a", "b"));
    private final SiblingPorts called = siblings.add(5, Set.of("b", "c"));
    private TestContext context;
    private final Guest guest = new Guest();
    private final MemorySegment buffer = Arena.ofAuto().allocate(100);

    /// A connection that a guest was asked for.
    private record Asked(HostEnd end, long cid, int port, int guestPort, SocketType type) {}

    private static final class Guest implements GuestSide {
        private final List<Asked> asked = new ArrayList<>();

        @Override
        public boolean hasRoom() {
            return true;
        }

        @Override
        public void callerCame() {}

        @Override
        public void callerWent() {}

        @Override
        public void connect(HostEnd end, int guestPort, SocketType type) {
            throw new AssertionError();
        }

        @Override
        public void connect(HostEnd end, long cid, int port, int guestPort, SocketType type) {
            asked.add(new Asked(end, cid, port, guestPort, type));
        }

        @Override
        public Deadlines deadlines() {
            return new Deadlines();
        }
    }

    @BeforeEach
    void open() throws IOException {
        context = new TestContext(0, new FeatureSet(0));
    }

    @AfterEach
    void close() {
        context.close();
        guest.asked.forEach(asked -> asked.end().close());
        caller.close();
        called.close();
    }

    private IoVecs vectors(long bytes) {
        IoVecs vectors = new IoVecs(1);
        assertTrue(vectors.add(buffer.address(), bytes));
        return vectors;
    }

    private void requirePasses(HostEnd from, HostEnd to, String text) throws IOException {
        MemorySegment bytes = MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
        MemorySegment.copy(bytes, 0, buffer, 0, bytes.byteSize());
        assertEquals(bytes.byteSize(), from.send(vectors(bytes.byteSize()), false));
        buffer.fill((byte) 0);
        assertEquals(bytes.byteSize(), to.receive(vectors(buffer.byteSize())));
        assertEquals(text, buffer.getString(0));
    }

    private static Address to(long cid, SocketType type) {
        return new Address(cid, PORT, 4, FROM, PacketType.of(type));
    }

    private HostEnd connect(SocketType type) throws IOException {
        HostEnd end = caller.connect(to(5, type), type);
        assertNotNull(end);
        return end;
    }

    @ParameterizedTest
    @EnumSource
    void guestIsCalledUnderTheContextIdOfTheOther(SocketType type) throws Exception {
        assumeTrue(Sockets.areThere(new SocketAddress.Unix(Path.of("s")), type));
        called.attach(context, guest);
        try (HostEnd near = connect(type)) {
            context.step();
            Asked asked = guest.asked.getFirst();
            assertEquals(new Asked(asked.end(), 4, FROM, PORT, type), asked);
            assertFalse(near.isConnected());
            asked.end().granted(1);
            near.requireConnected();
            assertTrue(near.isConnected());
            requirePasses(near, asked.end(), "there");
            requirePasses(asked.end(), near, "and back");
            near.shutdown(false, true);
            assertEquals(HostEnd.END, asked.end().receive(vectors(1)));
        }
    }

    @Test
    void callerHearsOfTheAnswerOnceItIsThere() throws Exception {
        called.attach(context, guest);
        List<Integer> told = new ArrayList<>();
        try (TestContext near = new TestContext(0, new FeatureSet(0));
                HostEnd end = connect(SocketType.STREAM)) {
            end.attach(near, told::add);
            end.interest(Watcher.WRITE);
            near.step();
            assertEquals(List.of(), told);
            context.step();
            guest.asked.getFirst().end().granted(1);
            near.step();
            assertEquals(List.of(Watcher.WRITE), told);
            end.detach();
        }
    }

    @Test
    void guestThatRefusesEndsTheCall() throws Exception {
        called.attach(context, guest);
        try (HostEnd near = connect(SocketType.STREAM)) {
            context.step();
            guest.asked.getFirst().end().close();
            assertThrows(IOException.class, near::requireConnected);
        }
    }

    @Test
    void guestThatIsAwayOrGoesAwayRefuses() throws Exception {
        assertThrows(IOException.class, () -> connect(SocketType.STREAM));
        called.attach(context, guest);
        try (HostEnd near = connect(SocketType.STREAM)) {
            called.detach();
            context.step();
            assertEquals(List.of(), guest.asked);
            assertThrows(IOException.class, near::requireConnected);
        }
    }

    @Test
    void guestsWithoutACommonGroupDoNotReachEachOther() {
        try (SiblingPorts other = siblings.add(6, Set.of("c"))) {
            other.attach(context, guest);
            assertThrows(IOException.class, () -> caller.connect(to(6, SocketType.STREAM), SocketType.STREAM));
            assertThrows(IOException.class, () -> caller.connect(to(4, SocketType.STREAM), SocketType.STREAM));
        }
    }

    @Test
    void otherContextIdsAreOfOtherSides() throws IOException {
        assertNull(caller.connect(to(2, SocketType.STREAM), SocketType.STREAM));
        called.close();
        assertNull(caller.connect(to(5, SocketType.STREAM), SocketType.STREAM));
        assertThrows(IllegalArgumentException.class, () -> siblings.add(4, Set.of("a")));
    }

    @Test
    void moreCallsThanThereIsRoomForComeLater() throws Exception {
        called.attach(context, guest);
        List<HostEnd> ends = new ArrayList<>();
        try {
            assertThrows(IOException.class, () -> {
                while (true) {
                    ends.add(connect(SocketType.STREAM));
                }
            });
            assertEquals(128, ends.size());
            context.step();
            ends.add(connect(SocketType.STREAM));
            assertEquals(128, guest.asked.size());
        } finally {
            ends.forEach(HostEnd::close);
        }
    }
}
