package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnixSocketTest {
    private static final int MOST_FDS = 253;

    private final Arena arena = Arena.ofAuto();
    private final FdBox box = new FdBox();

    @TempDir
    private Path folder;

    private OwnedFd near;
    private OwnedFd far;

    @BeforeEach
    void connect() throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        near = pair.getFirst();
        far = pair.getLast();
    }

    @AfterEach
    void close() {
        near.close();
        far.close();
        box.close();
    }

    private static void assertFails(Errno errno, ThrowingCall call) {
        assertEquals(errno, assertThrows(ErrnoException.class, call::run).errno());
    }

    private interface ThrowingCall {
        void run() throws IOException;
    }

    private MemorySegment bytes(int n) {
        return arena.allocate(n).fill((byte) 0x5a);
    }

    private int receive(int want) throws IOException {
        return UnixSocket.receive(far.number(), arena.allocate(want), want, box);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void urgentByteMakesNobodyWait() throws IOException {
        int outOfBand = 1;
        assertEquals(1, SocketCalls.send(near.number(), bytes(1), 1, outOfBand));
        assertEquals(Poller.READ, UnixSocket.poll(far.number(), Poller.READ, -1));
        assertEquals(UnixSocket.NOTHING, UnixSocket.tryReceive(far.number(), arena.allocate(8), 8, box));
    }

    @Test
    void clientReachesTheListener() throws IOException {
        Path path = folder.resolve("sock");
        try (OwnedFd listener = UnixSocket.listen(path, 1)) {
            assertTrue(UnixSocket.isListening(listener.number()));
            assertTrue(UnixSocket.isSocket(listener.number()));
            try (OwnedFd client = UnixSocket.connect(path);
                    OwnedFd server = UnixSocket.accept(listener.number())) {
                for (OwnedFd fd : List.of(listener, client, server)) {
                    assertTrue(OpenFiles.isCloseOnExec(fd.number()));
                }
                assertFalse(UnixSocket.isListening(server.number()));
                assertFalse(client.isNonBlocking());
                assertEquals(ProcessHandle.current().pid(), UnixSocket.peerPid(server.number()));
                UnixSocket.send(client.number(), bytes(3), 3, List.of());
                assertEquals(3, UnixSocket.receive(server.number(), arena.allocate(8), 8, box));
            }
        }
    }

    @Test
    void acceptReturnsNothingWhenWoken() throws Exception {
        try (OwnedFd listener = UnixSocket.listen(folder.resolve("sock"), 1);
                Wakeup wakeup = Wakeup.create()) {
            Thread other = Thread.ofPlatform().daemon().start(wakeup::wake);
            assertNull(UnixSocket.accept(listener.number(), wakeup.fd()));
            other.join();
        }
    }

    @Test
    void acceptWaitsForAClient() throws Exception {
        Path path = folder.resolve("sock");
        try (OwnedFd listener = UnixSocket.listen(path, 1)) {
            CompletableFuture<OwnedFd> client = CompletableFuture.supplyAsync(() -> {
                try {
                    return UnixSocket.connect(path);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            UnixSocket.accept(listener.number()).close();
            client.get().close();
        }
    }

    @Test
    void addressInUseAndMissingListenerAreTold() throws IOException {
        Path path = folder.resolve("sock");
        UnixSocket.listen(path, 1).close();
        assertTrue(Files.exists(path));
        assertFails(Errno.EADDRINUSE, () -> UnixSocket.listen(path, 1).close());
        assertFails(Errno.ECONNREFUSED, () -> UnixSocket.connect(path).close());
        ErrnoException e = assertThrows(
                ErrnoException.class,
                () -> UnixSocket.connect(folder.resolve("none")).close());
        assertEquals("connect " + folder.resolve("none") + ": No such file or directory (ENOENT)", e.getMessage());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void connectDoesNotWaitForABusyListener() throws IOException {
        Path path = folder.resolve("sock");
        try (OwnedFd _ = UnixSocket.listen(path, 0);
                OwnedFd _ = UnixSocket.connect(path)) {
            assertFails(Errno.EAGAIN, () -> UnixSocket.connect(path).close());
        }
    }

    @Test
    void pathIsRefusedFromOneByteTooLong() throws IOException {
        int limit = UnixSocket.maxPathBytes();
        assertEquals(HostOs.current() == HostOs.LINUX ? 107 : 103, limit);
        String start = folder.toString() + "/";
        Path longest = Path.of(start + "s".repeat(limit - start.length()));
        UnixSocket.listen(longest, 1).close();
        assertTrue(Files.exists(longest));
        Path tooLong = Path.of(longest + "s");
        ErrnoException e = assertThrows(
                ErrnoException.class, () -> UnixSocket.listen(tooLong, 1).close());
        assertEquals(
                "bind " + tooLong + " (" + (limit + 1) + " bytes, at most " + limit
                        + " allowed): File name too long (ENAMETOOLONG)",
                e.getMessage());
        assertFails(Errno.ENAMETOOLONG, () -> UnixSocket.connect(tooLong).close());
    }

    @Test
    void otherDescriptorsAreNoSockets() throws IOException {
        try (Notification pipe = Notification.create(Notification.Kind.PIPE)) {
            int number = pipe.readEnd().number();
            assertFalse(UnixSocket.isSocket(number));
            assertFails(Errno.ENOTSOCK, () -> {
                var _ = UnixSocket.isListening(number);
            });
        }
        assertFails(Errno.EBADF, () -> {
            var _ = UnixSocket.isSocket(1 << 30);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 8, MOST_FDS})
    void descriptorsArriveWithTheBytesTheyWereSentWith(int count) throws IOException {
        try (SharedMemory memory = SharedMemory.create("test", 4321)) {
            UnixSocket.send(near.number(), bytes(12), 12, Collections.nCopies(count, memory.fd()));
        }
        assertEquals(12, receive(12));
        assertEquals(count, box.size());
        for (OwnedFd fd : box.takeAll()) {
            assertEquals(4321, FileIo.status(fd).size());
            assertTrue(OpenFiles.isCloseOnExec(fd.number()));
            fd.close();
        }
    }

    @Test
    void descriptorsComeWithTheFirstPartOnly() throws IOException {
        UnixSocket.send(near.number(), bytes(12), 12, List.of(near));
        UnixSocket.send(near.number(), bytes(4), 4, List.of());
        assertEquals(5, receive(5));
        assertEquals(1, box.size());
        assertEquals(7, receive(7));
        assertEquals(4, receive(100));
        assertEquals(1, box.size());
    }

    @Test
    void moreDescriptorsThanTheKernelTakesAreAnError() {
        assertFails(
                Errno.EINVAL,
                () -> UnixSocket.send(near.number(), bytes(1), 1, Collections.nCopies(MOST_FDS + 1, near)));
    }

    @Test
    void descriptorsThatDoNotFitAreAllClosed() throws IOException {
        long before = OpenFiles.count();
        int room = AbiNumber.CMSG_DATA.value() + 10 * Integer.BYTES;
        for (int i = 0; i < 100; i++) {
            UnixSocket.send(near.number(), bytes(1), 1, Collections.nCopies(MOST_FDS, near));
            IOException e = assertThrows(IOException.class, () -> {
                var _ = SocketTransfer.receive(far.number(), arena.allocate(1), box, room);
            });
            assertEquals("the peer sent more file descriptors than this process can take", e.getMessage());
        }
        assertTrue(box.isEmpty());
        assertEquals(before, OpenFiles.count());
    }

    @Test
    void closedPeerIsTheEndAfterWhatItSent() throws IOException {
        UnixSocket.send(near.number(), bytes(3), 3, List.of());
        near.close();
        assertEquals(3, receive(10));
        assertEquals(0, receive(10));
        assertFails(Errno.EPIPE, () -> UnixSocket.send(far.number(), bytes(1), 1, List.of()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void moreThanTheSocketHoldsIsSentInParts(boolean nonBlocking) throws Exception {
        int size = 5_000_000;
        if (nonBlocking) {
            near.setNonBlocking();
            far.setNonBlocking();
        }
        byte[] data = new byte[size];
        RandomGenerator.of("SplittableRandom").nextBytes(data);
        MemorySegment sent = arena.allocate(size);
        MemorySegment.copy(data, 0, sent, JAVA_BYTE, 0, size);
        CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> {
            try {
                UnixSocket.send(near.number(), sent, size, List.of(near));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        MemorySegment received = arena.allocate(size);
        int n = 0;
        while (n < size) {
            n += UnixSocket.receive(far.number(), received.asSlice(n), Math.min(size - n, 70_000), box);
        }
        sender.get();
        assertArrayEquals(data, received.toArray(JAVA_BYTE));
        assertEquals(1, box.size());
    }

    @Test
    void senderWhosePeerDoesNotReadIsWoken() throws Exception {
        try (Wakeup wakeup = Wakeup.create()) {
            int size = 5_000_000;
            Thread other = Thread.ofPlatform().daemon().start(wakeup::wake);
            assertThrows(
                    InterruptedIOException.class,
                    () -> UnixSocket.send(near.number(), bytes(size), size, List.of(), wakeup.fd()));
            other.join();
        }
    }

    @Test
    void pollTellsReadinessAndWakeupApart() throws IOException {
        try (Wakeup wakeup = Wakeup.create()) {
            int fd = far.number();
            assertEquals(0, UnixSocket.poll(fd, Poller.READ, wakeup.fd(), 0));
            assertEquals(0, UnixSocket.poll(fd, Poller.READ, wakeup.fd(), 1));
            assertEquals(Poller.WRITE, UnixSocket.poll(fd, Poller.WRITE, wakeup.fd(), -1));
            wakeup.wake();
            assertEquals(UnixSocket.WOKEN, UnixSocket.poll(fd, Poller.READ, wakeup.fd(), -1));
            UnixSocket.send(near.number(), bytes(1), 1, List.of());
            assertEquals(Poller.READ | UnixSocket.WOKEN, UnixSocket.poll(fd, Poller.READ, wakeup.fd(), Long.MAX_VALUE));
            wakeup.drain();
            near.close();
            assertEquals(
                    Poller.READ | Poller.HANGUP, UnixSocket.poll(fd, Poller.READ | Poller.HANGUP, wakeup.fd(), -1));
        }
    }

    @Test
    void shutdownEndsAWaitForBytes() throws Exception {
        CompletableFuture<Integer> reader = CompletableFuture.supplyAsync(() -> {
            try {
                return receive(1);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        UnixSocket.shutdown(far.number());
        assertEquals(0, reader.get());
        assertFails(Errno.EPIPE, () -> UnixSocket.send(near.number(), bytes(1), 1, List.of()));
    }

    @Test
    void randomSegmentationKeepsBytesAndDescriptorsInOrder(RandomGenerator random) throws IOException {
        List<Long> sizes = new ArrayList<>();
        int sent = 0;
        // As many as fit into the smallest buffers.
        for (int i = 0; i < 8; i++) {
            int n = random.nextInt(1, 40);
            List<OwnedFd> fds = new ArrayList<>();
            for (int f = random.nextInt(4); f > 0; f--) {
                SharedMemory memory = SharedMemory.create("test", random.nextLong(1, 1 << 20));
                sizes.add(memory.size());
                fds.add(memory.fd());
            }
            UnixSocket.send(near.number(), bytes(n), n, fds);
            fds.forEach(OwnedFd::close);
            sent += n;
        }
        near.close();
        int received = 0;
        int n;
        while ((n = receive(random.nextInt(1, 60))) > 0) {
            received += n;
        }
        assertEquals(sent, received);
        List<Long> arrived = new ArrayList<>();
        for (OwnedFd fd : box.takeAll()) {
            arrived.add(FileIo.status(fd).size());
            fd.close();
        }
        assertEquals(sizes, arrived);
    }
}
