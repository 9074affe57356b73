package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.MigrationLog;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;
import org.vhostdevice.core.virtqueue.VirtioFeature;

@DisplayName("U9: the log of written pages")
class DirtyLogSessionTest extends ServedDeviceTest {
    private static final long LOG_ALL = VirtioFeature.LOG_ALL.mask();
    private static final int LOGGED = 1;
    private static final long END = 0x2_0010_0000L;
    private static final int PAGE = MigrationLog.PAGE;

    DirtyLogSessionTest() {
        super(2, Completion.AT_ONCE);
    }

    @BeforeEach
    void start() throws Exception {
        assumeTrue(DirtyLog.isSupported());
        frontend.negotiate();
        frontend.startAll();
    }

    @Test
    void marksBuffersAndRingWhileTheRingRuns() throws Exception {
        try (MigrationLog pages = MigrationLog.create(END, 0)) {
            frontend.log(pages);
            for (int round = 0; round < 10; round++) {
                for (StepQueue queue : frontend.queues()) {
                    queue.offer(5);
                    byte[] before = content();
                    queue.kick();
                    queue.awaitUsed(5);
                    frontend.client.setVringEnable(queue.index, true);
                    assertMarked(before, content(), take(pages));
                }
            }
        }
    }

    @Test
    void marksNothingBeforeItIsAskedForAndAfterItWasTakenBack() throws Exception {
        StepQueue queue = frontend.queue(0);
        try (MigrationLog pages = MigrationLog.create(END, 0)) {
            share(pages);
            use(queue, 3);
            assertEquals(Set.of(), take(pages));
            logAll(true);
            use(queue, 3);
            assertFalse(take(pages).isEmpty());
            logAll(false);
            use(queue, 3);
            assertEquals(Set.of(), take(pages));
            logRing(queue, LOGGED, 0x5000);
            use(queue, 3);
            assertEquals(Set.of(0x5000L), take(pages));
            logRing(queue, 0, 0x5000);
            take(pages); // what the ring wrote before
            use(queue, 3);
            assertEquals(Set.of(), take(pages));
        }
    }

    @Test
    void marksAChainThatIsCompletedAfterLoggingBegan() throws Exception {
        try (ServerFixture held = ServerFixture.serve(new RngTestDevice(1, Completion.WHEN_RELEASED));
                StepFrontend other = held.started();
                MigrationLog pages = MigrationLog.create(END, 0)) {
            other.queue(0).request(3);
            Waiting.until(() -> held.server().metrics().get(0).chains() == 3, () -> "three chains are taken");
            other.client.migration().setLogBase(pages.message(), pages.descriptor());
            other.client.setFeatures(other.features() | LOG_ALL);
            other.client.getVringBase(0);
            assertFalse(take(pages).isEmpty());
        }
    }

    @Test
    void takesAnotherLogUnderLoadAndUnmapsTheOldOne() throws Exception {
        try (MigrationLog first = MigrationLog.create(END, 0);
                MigrationLog second = MigrationLog.create(2 * END, 8)) {
            share(first);
            logAll(true);
            long mapped = ProcessResources.countMappings();
            var loading = Background.run(() -> {
                for (int i = 0; i < 300; i++) {
                    use(frontend.queue(0), 2);
                }
            });
            while (!loading.isDone()) {
                share(second);
                share(first);
            }
            loading.join();
            assertEquals(mapped, ProcessResources.countMappings());
            share(second);
            take(first);
            take(second);
            use(frontend.queue(1), 1);
            assertEquals(Set.of(), take(first));
            assertFalse(take(second).isEmpty());
        }
    }

    @Test
    void signalsThatPagesWereMarkedOnceABatch() throws Exception {
        StepQueue queue = frontend.queue(0);
        try (MigrationLog pages = MigrationLog.create(END, 0);
                Notification ends = Notification.create();
                EventConsumer marked = EventConsumer.adopt(ends.readEnd().duplicate())) {
            frontend.client.migration().setLogFd(ends.writeEnd());
            share(pages);
            logAll(true);
            use(queue, 3);
            assertTrue(UnixSocket.poll(marked.fd(), Poller.READ, LONG_MILLIS) != 0);
            frontend.client.setVringEnable(0, true);
            marked.drain();
            take(pages);
            logAll(false);
            use(queue, 3);
            assertEquals(0, UnixSocket.poll(marked.fd(), Poller.READ, SHORT_MILLIS));
        }
    }

    @Test
    void refusesARingOutsideTheLog() throws Exception {
        StepQueue queue = frontend.queue(0);
        try (MigrationLog pages = MigrationLog.create(PAGE * 64L, 0)) {
            logRing(queue, LOGGED, END); // there is no log yet
            share(pages);
            assertThrows(BackendRefusal.class, () -> logRing(queue, LOGGED, PAGE * 64L - 4));
            logRing(queue, 0, -1);
            logRing(queue, LOGGED, PAGE * 63L);
        }
    }

    @Test
    void leavesPagesBeyondTheLogOut() throws Exception {
        try (MigrationLog pages = MigrationLog.create(PAGE * 64L, 0)) {
            share(pages);
            logAll(true);
            use(frontend.queue(0), 3);
            assertEquals(Set.of(), take(pages));
        }
    }

    @Test
    void endsTheConnectionWhenALogCannotBeMapped() throws Exception {
        try (SharedMemory small = SharedMemory.create("log", 64)) {
            var tooLarge = new Message.Log(1 << 20, 0);
            assertThrows(
                    BackendDisconnected.class, () -> frontend.client.migration().setLogBase(tooLarge, small.fd()));
        }
    }

    @Test
    void refusesADescriptorThatSignalsNothing() throws Exception {
        try (SharedMemory file = SharedMemory.create("log", 64)) {
            assertThrows(BackendRefusal.class, () -> frontend.client.migration().setLogFd(file.fd()));
        }
    }

    @Test
    void changesNoOtherFeatureWhileARingRuns() {
        assertThrows(
                BackendRefusal.class,
                () -> frontend.client.setFeatures((frontend.features() | LOG_ALL) & ~VirtioFeature.EVENT_IDX.mask()));
    }

    @Test
    void logsARingThatStartsLater() throws Exception {
        StepQueue queue = frontend.queue(0);
        try (MigrationLog pages = MigrationLog.create(END, 0)) {
            int base = frontend.client.getVringBase(0);
            share(pages);
            logAll(true);
            frontend.client.setVringBase(0, base);
            frontend.client.setVringKick(0, queue.kickEnd());
            use(queue, 1);
            assertFalse(take(pages).isEmpty());
        }
    }

    @Test
    void resetEndsLogging() throws Exception {
        try (MigrationLog pages = MigrationLog.create(END, 0)) {
            share(pages);
            logAll(true);
            frontend.client.resetDevice();
            frontend.queues().forEach(queue -> queue.ring.reset());
            frontend.client.setFeatures(frontend.features());
            frontend.startAll();
            use(frontend.queue(0), 2);
            assertEquals(Set.of(), take(pages));
        }
    }

    private void share(MigrationLog pages) throws IOException {
        frontend.client.migration().setLogBase(pages.message(), pages.descriptor());
    }

    private void logAll(boolean on) throws IOException {
        frontend.client.setFeatures(frontend.features() | (on ? LOG_ALL : 0));
    }

    private void logRing(StepQueue queue, int flags, long address) throws IOException {
        frontend.logRing(queue, flags, address);
    }

    /// Has requests served, and waits until the worker is done with all that belongs to them.
    private void use(StepQueue queue, int count) throws IOException {
        queue.request(count);
        queue.awaitUsed(count);
        frontend.memory.reset();
        long _ = frontend.memory.allocate(1 << 19, 1); // the rings stay
    }

    private static Set<Long> take(MigrationLog pages) throws IOException {
        Set<Long> marks = new HashSet<>();
        pages.take(marks::add);
        return marks;
    }

    private byte[] content() {
        MemoryRegion first = frontend.memory.regions().getFirst();
        return frontend.memory.slice(first.guestAddress(), first.size()).toArray(ValueLayout.JAVA_BYTE);
    }

    private void assertMarked(byte[] before, byte[] after, Set<Long> marks) {
        long start = frontend.memory.regions().getFirst().guestAddress();
        for (int at = 0; at < before.length; at += PAGE) {
            long page = start + at;
            if (!Arrays.equals(before, at, at + PAGE, after, at, at + PAGE)) {
                assertTrue(marks.contains(page), () -> Long.toHexString(page) + " is not marked");
            }
        }
    }
}
