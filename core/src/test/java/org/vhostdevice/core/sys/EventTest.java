package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventTest {
    @Nested
    @EnabledIf("org.vhostdevice.core.sys.EventTest#hasEventfds")
    class EventfdTest extends EventContract {
        @Override
        Notification open() throws IOException {
            return Notification.create(Notification.Kind.EVENTFD);
        }

        @Override
        boolean hasTwoEnds() {
            return false;
        }
    }

    @Nested
    class PipeTest extends EventContract {
        @Override
        Notification open() throws IOException {
            return Notification.create(Notification.Kind.PIPE);
        }

        @Override
        boolean hasTwoEnds() {
            return true;
        }
    }

    /// As a front end that does not care makes it: `pipe(2)` and nothing else.
    @Nested
    class BlockingPipeTest extends PipeTest {
        @Override
        Notification open() throws IOException {
            Notification pipe = super.open();
            pipe.readEnd().setBlocking();
            pipe.writeEnd().setBlocking();
            return pipe;
        }
    }

    @Nested
    class SocketTest extends EventContract {
        @Override
        Notification open() throws IOException {
            List<OwnedFd> pair = UnixSocket.pair();
            return new Notification(pair.getFirst(), pair.getLast());
        }

        @Override
        boolean hasTwoEnds() {
            return true;
        }
    }

    @Nested
    class ChosenTest extends EventContract {
        @Override
        Notification open() throws IOException {
            return Notification.create();
        }

        @Override
        boolean hasTwoEnds() {
            return !Capability.EVENTFD.available();
        }
    }

    static boolean hasEventfds() {
        return Symbol.EVENTFD.isUsable();
    }

    private static OwnedFd blockingEventfd() throws ErrnoException {
        return OwnedFd.ofResult("eventfd", Libc.eventfd(0, AbiNumber.EFD_CLOEXEC.value()));
    }

    private static void write(OwnedFd eventfd, long count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocateFrom(JAVA_LONG, count);
            assertEquals(8, Libc.write(eventfd.number(), value, 8));
        }
    }

    private static long read(OwnedFd eventfd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_LONG);
            assertEquals(8, Libc.read(eventfd.number(), value, 8));
            return value.get(JAVA_LONG, 0);
        }
    }

    @Test
    @EnabledIf("org.vhostdevice.core.sys.EventTest#hasEventfds")
    void blockingEventfdOfTheFrontEndStaysBlocking() throws IOException {
        OwnedFd fd = blockingEventfd();
        try (EventNotifier notifier = EventNotifier.adopt(fd)) {
            notifier.signal();
            notifier.signal();
            assertFalse(fd.isNonBlocking());
            assertEquals(2, read(fd));
        }
    }

    @Test
    @EnabledIf("org.vhostdevice.core.sys.EventTest#hasEventfds")
    void fullBlockingEventfdDoesNotHoldTheNotifierUp() throws IOException {
        OwnedFd fd = blockingEventfd();
        try (EventNotifier notifier = EventNotifier.adopt(fd)) {
            write(fd, -2);
            notifier.signal();
            assertEquals(-2, read(fd));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @EnabledIf("org.vhostdevice.core.sys.EventTest#hasEventfds")
    void unblockFreesAWriterThatWaits(boolean blockingLater) throws Exception {
        OwnedFd fd = blockingEventfd();
        if (blockingLater) {
            fd.setNonBlocking();
        }
        try (EventNotifier notifier = EventNotifier.adopt(fd)) {
            fd.setBlocking();
            notifier.unblock();
            write(fd, -2);
            // What signal() does when the front end fills the counter after it was seen to have room.
            Thread stuck = Thread.ofPlatform().daemon().start(() -> write(fd, 1));
            notifier.unblock();
            stuck.join();
            assertEquals(1, read(fd));
        }
    }

    @Test
    void frontEndThatClearsNonBlockingOfAPipeDoesNotHoldTheNotifierUp() throws IOException {
        assumeTrue(Capability.NOWAIT_IO.available());
        Notification pipe = Notification.create(Notification.Kind.PIPE);
        try (OwnedFd shared = pipe.writeEnd().duplicate();
                OwnedFd _ = pipe.readEnd();
                EventNotifier notifier = EventNotifier.adopt(pipe.writeEnd())) {
            shared.setBlocking();
            for (int i = 0; i < 20_000; i++) {
                notifier.signal();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void newEndsAreNonBlockingAndCloseOnExec(Notification.Kind kind) throws IOException {
        assumeTrue(kind == Notification.Kind.PIPE || hasEventfds(), "no eventfds");
        try (Notification ends = Notification.create(kind)) {
            for (OwnedFd end : List.of(ends.readEnd(), ends.writeEnd())) {
                assertTrue(end.isNonBlocking());
                assertTrue(OpenFiles.isCloseOnExec(end.number()));
            }
            if (kind == Notification.Kind.EVENTFD) {
                assertSame(ends.readEnd(), ends.writeEnd());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/dev/null", "/"})
    void otherFilesAreRefusedAndStayTheCallers(String path) throws IOException {
        try (OwnedFd fd = FileIo.open(Path.of(path), OpenMode.READ_ONLY)) {
            IOException e = assertThrows(
                    IOException.class, () -> EventConsumer.adopt(fd).close());
            assertTrue(e.getMessage().startsWith("a notification needs an eventfd, a pipe or a socket, but"));
            assertThrows(IOException.class, () -> EventNotifier.adopt(fd).close());
            assertFalse(fd.isClosed());
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void anonymousFileThatIsNoEventfdIsRefused() throws IOException {
        assumeTrue(Symbol.EPOLL_CREATE1.isUsable() && Capability.PROC_FDS.available());
        try (OwnedFd epoll = new OwnedFd(Libc.epollCreate1(AbiNumber.O_CLOEXEC.value()))) {
            assertThrows(IOException.class, () -> EventConsumer.adopt(epoll).close());
            assertThrows(IOException.class, () -> EventNotifier.adopt(epoll).close());
            assertFalse(epoll.isClosed());
        }
    }

    @Test
    void everyWakeReachesTheThreadThatWaits() throws Exception {
        int rounds = 1_000;
        AtomicLong seen = new AtomicLong();
        try (Wakeup there = Wakeup.create();
                Wakeup back = Wakeup.create()) {
            Thread waiter = Thread.ofPlatform().daemon().start(() -> answer(there, back, seen, rounds));
            for (int i = 0; i < rounds; i++) {
                there.wake();
                assertEquals(Poller.READ, UnixSocket.poll(back.fd(), Poller.READ, -1));
                back.drain();
            }
            waiter.join();
        }
        assertEquals(rounds, seen.get());
    }

    private static void answer(Wakeup there, Wakeup back, AtomicLong seen, int rounds) {
        try {
            while (seen.get() < rounds) {
                assertEquals(Poller.READ, UnixSocket.poll(there.fd(), Poller.READ, -1));
                there.drain();
                seen.incrementAndGet();
                back.wake();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void closedWakeupDoesNotWakeAnother() throws IOException {
        Wakeup closed = Wakeup.create();
        closed.close();
        try (Wakeup open = Wakeup.create()) {
            closed.wake();
            closed.close();
            assertEquals(0, UnixSocket.poll(open.fd(), Poller.READ, 0));
        }
    }
}
