package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SocketsTest {
    @TempDir
    private Path folder;

    private final List<OwnedFd> opened = new ArrayList<>();
    private final SocketIo io = new SocketIo();
    private OwnedFd near;
    private OwnedFd far;

    @AfterEach
    void close() {
        opened.forEach(OwnedFd::close);
    }

    private OwnedFd opened(OwnedFd fd) {
        opened.add(fd);
        return fd;
    }

    private SocketAddress file() {
        return new SocketAddress.Unix(folder.resolve("socket"));
    }

    private void connect(SocketAddress address, SocketType type) throws IOException {
        assumeTrue(Sockets.areThere(address, type));
        OwnedFd listening = opened(Sockets.listen(address, type, 4));
        assertNull(Sockets.accept(listening.number()));
        Sockets.Attempt attempt = Sockets.connect(address, type);
        near = opened(attempt.fd());
        if (!attempt.done()) {
            assertTrue((UnixSocket.poll(near.number(), Poller.WRITE, -1) & Poller.WRITE) != 0);
        }
        Sockets.requireConnected(near.number());
        int ready = UnixSocket.poll(listening.number(), Poller.READ, -1);
        assertEquals(Poller.READ, ready);
        far = opened(assertNotNullFd(Sockets.accept(listening.number())));
        assertTrue(near.isNonBlocking() && far.isNonBlocking());
    }

    private static OwnedFd assertNotNullFd(OwnedFd fd) {
        assertNotNull(fd);
        return fd;
    }

    private long send(OwnedFd to, String text, boolean endsRecord) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(text);
            return io.send(to.number(), vectors(arena, bytes.asSlice(0, text.length()), 2), 2, endsRecord);
        }
    }

    /// The bytes in two parts.
    private static MemorySegment vectors(Arena arena, MemorySegment bytes, int split) {
        MemorySegment vectors = arena.allocate(ValueLayout.JAVA_LONG, 4);
        vectors.setAtIndex(ValueLayout.JAVA_LONG, 0, bytes.address());
        vectors.setAtIndex(ValueLayout.JAVA_LONG, 1, split);
        vectors.setAtIndex(ValueLayout.JAVA_LONG, 2, bytes.address() + split);
        vectors.setAtIndex(ValueLayout.JAVA_LONG, 3, bytes.byteSize() - split);
        return vectors;
    }

    private String receive(OwnedFd from, int room) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(room);
            long n = io.receive(from.number(), vectors(arena, bytes, 1), 2);
            return n == SocketIo.NOTHING
                    ? "nothing"
                    : new String(bytes.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
        }
    }

    private void await(OwnedFd fd) throws IOException {
        while (UnixSocket.poll(fd.number(), Poller.READ, -1) == 0) {
            // a signal
        }
    }

    private void exchange() throws IOException {
        assertEquals("nothing", receive(far, 10));
        assertEquals(5, send(near, "hello", false));
        await(far);
        assertEquals("hello", receive(far, 10));
        assertEquals("nothing", receive(far, 10));
        assertEquals(3, send(far, "you", false));
        await(near);
        assertEquals("you", receive(near, 3));
        Sockets.shutdownSending(near.number());
        await(far);
        assertEquals("", receive(far, 10));
        assertEquals(4, send(far, "then", false));
        await(near);
        assertEquals("then", receive(near, 10));
        far.close();
        await(near);
        assertEquals("", receive(near, 10));
    }

    @Test
    void unixStreamsCarryBytesBothWays() throws IOException {
        connect(file(), SocketType.STREAM);
        exchange();
    }

    @Test
    void unixMessagesCarryBytesBothWays() throws IOException {
        connect(file(), SocketType.SEQPACKET);
        exchange();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void tcpCarriesBytesBothWays(String host) throws IOException {
        InetAddress address = InetAddress.getByName(host);
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, address)) {
            port = free.getLocalPort();
        } catch (IOException e) {
            assumeTrue(false, "no such address: " + e.getMessage());
            return;
        }
        connect(new SocketAddress.Inet(new InetSocketAddress(address, port)), SocketType.STREAM);
        Sockets.sendAtOnce(near.number());
        exchange();
    }

    @Test
    void bordersOfMessagesAreKeptAndCutsAreSeen() throws IOException {
        connect(file(), SocketType.SEQPACKET);
        assertEquals(4, send(near, "1234", true));
        assertEquals(6, send(near, "567890", false));
        assertEquals("1234", receive(far, 10));
        assertFalse(io.wasCut());
        assertEquals("567", receive(far, 3));
        assertTrue(io.wasCut());
        assertEquals("nothing", receive(far, 10));
    }

    @Test
    void whatDoesNotFitIsNotSent() throws IOException {
        connect(file(), SocketType.STREAM);
        char[] much = new char[1 << 20];
        Arrays.fill(much, 'x');
        long sent = send(near, new String(much), false);
        assertTrue(sent > 0 && sent < much.length, () -> sent + " bytes");
        assertEquals(SocketIo.NOTHING, send(near, "more", false));
        far.close();
        ErrnoException e = assertThrows(ErrnoException.class, () -> send(near, "more", false));
        assertEquals(Errno.EPIPE, e.errno());
    }

    @Test
    void peerThatTakesNoMoreRefusesBytes() throws IOException {
        connect(file(), SocketType.STREAM);
        Sockets.shutdownReceiving(far.number());
        ErrnoException e = assertThrows(ErrnoException.class, () -> send(near, "more", false));
        assertEquals(Errno.EPIPE, e.errno());
    }

    @Test
    void nobodyListensIsToldAtOnceOrWhenItIsKnown() throws IOException {
        ErrnoException none = assertThrows(ErrnoException.class, () -> Sockets.connect(file(), SocketType.STREAM));
        assertEquals(Errno.ENOENT, none.errno());
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        SocketAddress closed = new SocketAddress.Inet(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        ErrnoException refused = assertThrows(ErrnoException.class, () -> {
            Sockets.Attempt attempt = Sockets.connect(closed, SocketType.STREAM);
            int fd = opened(attempt.fd()).number();
            assertTrue(UnixSocket.poll(fd, Poller.WRITE, -1) != 0);
            Sockets.requireConnected(fd);
        });
        assertEquals(Errno.ECONNREFUSED, refused.errno());
    }

    @Test
    void addressesSayWhatTheyAre() {
        assertEquals("vsock 4294967295:4294967294", new SocketAddress.Vsock(-1, -2).toString());
        assertEquals(
                "127.0.0.1:80",
                new SocketAddress.Inet(new InetSocketAddress(InetAddress.getLoopbackAddress(), 80)).toString());
        assertThrows(
                IllegalArgumentException.class,
                () -> new SocketAddress.Inet(InetSocketAddress.createUnresolved("nowhere", 1)));
        assertArrayEquals(
                new int[] {1, 5},
                Arrays.stream(SocketType.values()).mapToInt(SocketType::number).toArray());
    }

    @ParameterizedTest
    @EnumSource
    void pairIsConnected(SocketType type) throws IOException {
        assumeTrue(Sockets.areThere(file(), type));
        List<OwnedFd> pair = Sockets.pair(type);
        pair.forEach(this::opened);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocateFrom("word");
            MemorySegment vector = arena.allocate(2 * Long.BYTES, Long.BYTES);
            vector.set(ValueLayout.JAVA_LONG, 0, word.address());
            vector.set(ValueLayout.JAVA_LONG, Long.BYTES, word.byteSize());
            assertEquals(SocketIo.NOTHING, io.receive(pair.getFirst().number(), vector, 1));
            assertEquals(word.byteSize(), io.send(pair.getLast().number(), vector, 1, false));
            assertEquals(word.byteSize(), io.receive(pair.getFirst().number(), vector, 1));
        }
    }
}
