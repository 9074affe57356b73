package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// What is taken is given back, and what is called for every request takes nothing.
class ResourceTest {
    private static final int ROUNDS = 10_000;

    private interface Call {
        void run() throws IOException;
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void descriptorsAndMappingsAreFlatOverManyCycles() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(64);
            cycle(buffer);
            long fds = OpenFiles.count();
            long maps = OpenFiles.sharedMappings();
            for (int i = 0; i < ROUNDS; i++) {
                cycle(buffer);
            }
            assertEquals(fds, OpenFiles.count());
            assertEquals(maps, OpenFiles.sharedMappings());
        }
    }

    /// A front end and a back end in small: memory and a notification go over a socket and are used and closed.
    private static void cycle(MemorySegment buffer) throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        try (OwnedFd near = pair.getFirst();
                OwnedFd far = pair.getLast();
                SharedMemory memory = SharedMemory.create("test", 8192);
                Notification kick = Notification.create();
                FdBox received = new FdBox()) {
            UnixSocket.send(near.number(), buffer, 64, List.of(memory.fd(), kick.readEnd(), kick.writeEnd()));
            assertEquals(64, UnixSocket.receive(far.number(), buffer, 64, received));
            try (OwnedFd file = received.take();
                    MappedRegion region = MappedRegion.map(file, 4096, 4096, true);
                    EventConsumer consumer = EventConsumer.adopt(received.take());
                    EventNotifier notifier = EventNotifier.adopt(received.take());
                    Poller poller = Poller.create()) {
                region.segment().set(JAVA_BYTE, 0, (byte) 1);
                poller.add(consumer.fd(), Poller.READ, consumer);
                notifier.signal();
                assertEquals(1, poller.await(-1));
                assertTrue(consumer.drain());
            }
        }
    }

    @Test
    void callsOfARequestAllocateNothing(@TempDir Path folder) throws IOException {
        try (Arena arena = Arena.ofConfined();
                OwnedFd file = FileIo.open(folder.resolve("file"), OpenMode.CREATE_NEW);
                Wakeup wakeup = Wakeup.create();
                Poller epoll = Poller.create();
                Poller poll = new PollPoller()) {
            int fd = file.number();
            MemorySegment data = arena.allocate(512);
            MemorySegment iovec = arena.allocateFrom(JAVA_LONG, data.address(), data.byteSize());
            for (Poller poller : List.of(epoll, poll)) {
                poller.add(wakeup.fd(), Poller.READ, "token");
            }
            assertAllocatesNothing(() -> {
                long n = FileIo.pwritev(fd, iovec, 1, 0) + FileIo.preadv(fd, iovec, 1, 0);
                n += FileIo.pwrite(fd, data, 0) + FileIo.pread(fd, data, 0);
                wakeup.wake();
                n += epoll.await(-1) + poll.await(-1) + epoll.ready(0);
                wakeup.drain();
                n += epoll.await(0) + poll.await(0);
                assertTrue(n == 4 * 512 + 3);
            });
        }
    }

    private static void assertAllocatesNothing(Call call) throws IOException {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        // The first calls link and compile; a compiler thread may still replace code that allocates later on.
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 50 && least > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 200; i++) {
                call.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, least);
    }
}
