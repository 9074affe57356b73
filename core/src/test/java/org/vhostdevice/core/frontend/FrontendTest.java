package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.frontend.BlkWorkload.Access;
import org.vhostdevice.core.frontend.FakeBackend.Offer;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.Seeded;

@Timeout(60)
@ExtendWith(Seeded.class)
class FrontendTest {
    private static final long LONG = TimeUnit.SECONDS.toNanos(20);

    @TempDir
    private Path directory;

    private final FakeDisk disk = new FakeDisk(1 << 20);
    private Path socket;

    @BeforeEach
    void chooseSocket() {
        socket = directory.resolve("s");
    }

    private FakeBackend backend(Offer offer) throws Exception {
        return new FakeBackend(socket, offer, disk);
    }

    private static FrontendOptions options(int queues) {
        return FrontendOptions.defaults()
                .withQueues(new QueuePlan(queues, 16, 128))
                .withMemory(List.of(new RegionPlan(0x1_0000, 0x10_0000, 0x2_0000), new RegionPlan(1L << 33, 0x10_0000)))
                .withTimeout(Duration.ofSeconds(20));
    }

    @Test
    void negotiatesAndStartsInTheOrderOfQemu() throws Exception {
        try (FakeBackend backend = backend(Offer.FULL)) {
            try (Frontend frontend = Frontend.attach(socket, options(2))) {
                assertEquals(-1L, frontend.negotiated().offered());
                frontend.stop();
            }
            backend.join();
            assertEquals(
                    List.of(
                            "GET_FEATURES",
                            "GET_PROTOCOL_FEATURES",
                            "SET_PROTOCOL_FEATURES",
                            "GET_QUEUE_NUM",
                            "GET_MAX_MEM_SLOTS",
                            "SET_BACKEND_REQ_FD?",
                            "SET_OWNER?",
                            "SET_VRING_CALL?",
                            "SET_VRING_ERR?",
                            "SET_VRING_CALL?",
                            "SET_VRING_ERR?",
                            "SET_FEATURES?",
                            "GET_STATUS",
                            "SET_STATUS?",
                            "GET_STATUS",
                            "SET_VRING_CALL?",
                            "SET_VRING_CALL?",
                            "ADD_MEM_REG?",
                            "ADD_MEM_REG?",
                            "SET_VRING_NUM?",
                            "SET_VRING_BASE?",
                            "SET_VRING_ADDR?",
                            "SET_VRING_KICK?",
                            "SET_VRING_NUM?",
                            "SET_VRING_BASE?",
                            "SET_VRING_ADDR?",
                            "SET_VRING_KICK?",
                            "SET_VRING_ENABLE?",
                            "SET_VRING_ENABLE?",
                            "GET_STATUS",
                            "SET_STATUS?",
                            "GET_STATUS",
                            "SET_VRING_ENABLE?",
                            "SET_VRING_ENABLE?",
                            "GET_VRING_BASE",
                            "GET_VRING_BASE",
                            "SET_STATUS?"),
                    backend.transcript());
        }
    }

    @Test
    void usesOnlyTheBaseProtocolWithABackEndThatHasNoMore() throws Exception {
        var offer = new Offer(DriverFeature.VERSION_1, 0, 1, 8);
        try (FakeBackend backend = backend(offer);
                Frontend frontend = Frontend.attach(socket, options(0));
                var driver = new BlkDriver(frontend, 0, 4096)) {
            assertEquals(FakeDisk.ID, driver.getId());
            assertEquals(1, frontend.queues().size());
            assertThrows(BackendRefusal.class, frontend::reset);
            assertThrows(BackendRefusal.class, () -> frontend.config(0, 8));
            assertEquals(
                    List.of(
                            "GET_FEATURES",
                            "SET_OWNER",
                            "SET_VRING_CALL",
                            "SET_VRING_ERR",
                            "SET_FEATURES",
                            "SET_VRING_CALL",
                            "SET_MEM_TABLE",
                            "SET_VRING_NUM",
                            "SET_VRING_BASE",
                            "SET_VRING_ADDR",
                            "SET_VRING_KICK"),
                    backend.transcript());
        }
    }

    @RepeatedTest(20)
    void requestsOfAnyShapeAreServedInEveryMode(RandomGenerator random) throws Exception {
        boolean eventfd = Capability.EVENTFD.available() && random.nextBoolean();
        Notification.Kind kind = eventfd ? Notification.Kind.EVENTFD : Notification.Kind.PIPE;
        FrontendOptions options = options(1).withNotifications(kind);
        if (random.nextBoolean()) {
            options = options.without(ProtocolFeature.CONFIGURE_MEM_SLOTS);
        }
        if (random.nextBoolean()) {
            options = options.withoutFeatures(DriverFeature.EVENT_IDX);
        }
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options);
                var driver = new BlkDriver(frontend, 0, 4096)) {
            byte[] expected = new byte[disk.bytes()];
            for (int i = 0; i < 200; i++) {
                driver.style(new BlkStyle(
                        BlkFraming.random(random, random.nextInt(200, 5000)),
                        random.nextInt(10),
                        ChainLayout.mixed(random.nextInt(4))));
                int sector = random.nextInt(disk.bytes() / 512 - 8);
                byte[] data = new byte[512 * random.nextInt(1, 9)];
                if (random.nextBoolean()) {
                    random.nextBytes(data);
                    System.arraycopy(data, 0, expected, sector * 512, data.length);
                    driver.write(sector * 512L, MemorySegment.ofArray(data));
                } else {
                    driver.read(sector * 512L, MemorySegment.ofArray(data));
                    byte[] there = new byte[data.length];
                    System.arraycopy(expected, sector * 512, there, 0, there.length);
                    assertArrayEquals(there, data);
                    assertEquals(data.length + 1, driver.usedLength());
                }
            }
            driver.flush();
            assertArrayEquals(expected, disk.content());
        }
    }

    @Test
    void joinedAndSeparateFramingsAndFailuresOfRequests() throws Exception {
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(1));
                var driver = new BlkDriver(frontend, 0, 4096)) {
            for (BlkFraming framing : List.of(BlkFraming.SEPARATE, BlkFraming.JOINED, BlkFraming.every(100))) {
                driver.style(new BlkStyle(framing, 2, ChainLayout.INDIRECT));
                assertEquals(FakeDisk.ID, driver.getId());
                int status = driver.execute(77, 0, MemorySegment.NULL, MemorySegment.NULL);
                assertEquals(BlkDriver.STATUS_UNSUPP, status);
                MemorySegment data = MemorySegment.ofArray(new byte[512]);
                assertThrows(BackendRefusal.class, () -> driver.read(disk.bytes(), data));
                assertThrows(BackendRefusal.class, () -> driver.write(disk.bytes(), data));
            }
            MemorySegment tooLarge = MemorySegment.ofArray(new byte[1 << 20]);
            assertThrows(IllegalArgumentException.class, () -> driver.read(0, tooLarge));
            driver.style(new BlkStyle(BlkFraming.every(1), 0, ChainLayout.DIRECT));
            MemorySegment inManyPieces = MemorySegment.ofArray(new byte[512]);
            assertThrows(IllegalArgumentException.class, () -> driver.read(0, inManyPieces));
        }
    }

    @Test
    void goesOnAfterStopAndStartAndFromZeroAfterAReset() throws Exception {
        try (FakeBackend backend = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(1));
                var driver = new BlkDriver(frontend, 0, 4096)) {
            assertEquals(FakeDisk.ID, driver.getId());
            frontend.restart();
            assertEquals(FakeDisk.ID, driver.getId());
            frontend.stop();
            frontend.reset();
            frontend.start();
            assertEquals(FakeDisk.ID, driver.getId());
            assertTrue(backend.transcript().contains("RESET_DEVICE?"));
            assertEquals(
                    2,
                    backend.transcript().stream().filter("ADD_MEM_REG?"::equals).count(),
                    "memory stays where it is");
        }
    }

    @Test
    void resetsByStatusABackEndWithoutResetDevice() throws Exception {
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(1).without(ProtocolFeature.RESET_DEVICE));
                var driver = new BlkDriver(frontend, 0, 4096)) {
            assertEquals(FakeDisk.ID, driver.getId());
            frontend.stop();
            frontend.reset();
            assertEquals(0, frontend.client().getStatus());
            frontend.start();
            assertEquals(FakeDisk.ID, driver.getId());
        }
    }

    @Test
    void chainsOfferedWhileStoppedAreServedAfterTheStart() throws Exception {
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(1))) {
            frontend.stop();
            FrontendQueue queue = frontend.queues().get(0);
            int head = offerGetId(frontend, queue);
            frontend.start();
            assertTrue(queue.awaitUsed(LONG));
            assertTrue(queue.ring().nextUsed());
            assertEquals(head, queue.ring().usedHead());
            assertTrue(queue.kicks() > 0);
        }
    }

    private static int offerGetId(Frontend frontend, FrontendQueue queue) {
        long buffer = frontend.memory().allocate(64, 64);
        frontend.memory().slice(buffer, 16).fill((byte) 0);
        frontend.memory().slice(buffer, 16).set(SplitRing.LE32, 0, BlkDriver.GET_ID);
        var chain = new Chain();
        chain.readable(buffer, 16);
        chain.writable(buffer + 16, 21);
        int head = queue.ring().add(chain, ChainLayout.DIRECT);
        queue.submit();
        return head;
    }

    @Test
    void reattachesAndLosesNothingWhenTheBackEndDiesWithRequestsUsedOutOfOrder() throws Exception {
        FakeBackend first = backend(Offer.FULL);
        try (Frontend frontend = Frontend.attach(socket, options(1))) {
            FrontendQueue queue = frontend.queues().get(0);
            first.dieAfter(5);
            for (int i = 0; i < 5; i++) {
                assertTrue(offerGetId(frontend, queue) >= 0);
            }
            first.join();
            assertThrows(BackendDisconnected.class, () -> {
                while (queue.awaitUsed(LONG)) {
                    assertTrue(queue.ring().nextUsed());
                }
            });
            assertThrows(ErrnoException.class, frontend::reattach, "nobody is there yet");
            first.close();
            int waiting = queue.ring().outstanding();
            assertTrue(waiting >= 2);
            try (FakeBackend _ = backend(Offer.FULL)) {
                frontend.reattach();
                for (int i = 0; i < waiting; i++) {
                    assertTrue(queue.awaitUsed(LONG));
                    assertTrue(queue.ring().nextUsed());
                    assertEquals(21, queue.ring().usedLength());
                }
                assertEquals(0, queue.ring().outstanding());
                assertEquals(16, queue.ring().free());
            }
        }
    }

    @Test
    void aBackEndThatComesBackWithOtherFeaturesIsRefused() throws Exception {
        FakeBackend first = backend(Offer.FULL);
        try (Frontend frontend = Frontend.attach(socket, options(1))) {
            first.close();
            var less = new Offer(~DriverFeature.EVENT_IDX, -1L, 1, 8);
            try (FakeBackend _ = backend(less)) {
                assertThrows(BackendRefusal.class, frontend::reattach);
            }
        }
    }

    @Test
    void whatTheBackEndCannotDoIsARefusal() throws Exception {
        Offer[] offers = {
            new Offer(~DriverFeature.VERSION_1, -1L, 4, 32), // legacy only
            new Offer(-1L, Offer.FULL.protocolFeatures(), 1, 32), // too few queues
            new Offer(-1L, Offer.FULL.protocolFeatures(), 4, 1), // too few memory slots
        };
        for (Offer offer : offers) {
            try (FakeBackend _ = backend(offer)) {
                assertThrows(BackendRefusal.class, () -> Frontend.attach(socket, options(2)));
            }
        }
        try (FakeBackend backend = backend(Offer.FULL)) {
            backend.refuseFeatures();
            assertThrows(BackendRefusal.class, () -> Frontend.attach(socket, options(1)));
        }
    }

    @Test
    void aBrokenRingEndsTheWait() throws Exception {
        try (FakeBackend backend = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(1));
                var driver = new BlkDriver(frontend, 0, 4096)) {
            backend.breakRings();
            assertThrows(BackendRefusal.class, driver::getId);
        }
    }

    @Test
    void requestsOfTheBackEndReachTheHandler() throws Exception {
        var changed = new CountDownLatch(1);
        try (FakeBackend backend = backend(Offer.FULL);
                Frontend frontend = Frontend.connect(socket, options(1), (request, _) -> {
                    assertEquals(BackendRequest.CONFIG_CHANGE_MSG, request);
                    changed.countDown();
                    return 0;
                })) {
            assertEquals(0, backend.announceConfigChange());
            assertTrue(changed.await(20, TimeUnit.SECONDS));
            assertEquals(1 << 20, BlkLoad.capacity(frontend));
        }
    }

    @Test
    void aWaitWithoutResultEndsInTime() throws Exception {
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(1))) {
            FrontendQueue queue = frontend.queues().get(0);
            assertFalse(queue.awaitUsed(0));
            assertFalse(queue.awaitUsed(1_000_000));
            assertFalse(queue.awaitCall(1_000_000));
        }
    }

    @ParameterizedTest
    @EnumSource(Access.class)
    void aLoadMakesAllItsRequests(Access access) throws Exception {
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(3))) {
            var workload = new BlkWorkload(access, 512, access.mixed() ? 8 : 16, 7, false);
            LoadReport report = BlkLoad.run(frontend, BlkLoadOptions.count(workload, 1000));
            assertEquals(3000, report.requests());
            assertEquals(0, report.errors());
            assertEquals(3000, report.latency().count());
            assertTrue(report.iops() > 0);
            assertEquals(report.iops() * 512, report.bandwidth());
            for (FrontendQueue queue : frontend.queues()) {
                assertEquals(16, queue.ring().free());
            }
        }
    }

    @Test
    void aLoadVerifiesWhatItWroteAndFindsAWrongByte() throws Exception {
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(2).withoutFeatures(DriverFeature.INDIRECT_DESC))) {
            int blocks = disk.bytes() / 4096;
            var write = new BlkWorkload(Access.WRITE, 4096, 5, 7, true);
            assertEquals(
                    blocks,
                    BlkLoad.run(frontend, BlkLoadOptions.count(write, blocks / 2))
                            .requests());
            var read = new BlkWorkload(Access.RANDREAD, 4096, 5, 7, true);
            var options = BlkLoadOptions.count(read, blocks * 20L).withPolling();
            assertEquals(0, BlkLoad.run(frontend, options).errors());
            disk.spoil(5000);
            assertThrows(BackendViolation.class, () -> BlkLoad.run(frontend, options));
        }
    }

    @Test
    void aLoadThatCannotBeIsRefusedAndLeavesTheRingAsItWas() throws Exception {
        FrontendOptions options = options(1).withoutFeatures(DriverFeature.INDIRECT_DESC);
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options)) {
            var tooDeep = BlkLoadOptions.during(new BlkWorkload(Access.READ, 512, 6, 7, false), Duration.ofSeconds(1));
            assertThrows(IllegalArgumentException.class, () -> BlkLoad.run(frontend, tooDeep));
            assertEquals(16, frontend.queues().get(0).ring().free());
            var tooLarge = new BlkWorkload(Access.READ, 2 << 20, 1, 7, false);
            assertThrows(
                    IllegalArgumentException.class, () -> BlkLoad.run(frontend, BlkLoadOptions.count(tooLarge, 1)));
        }
        assertThrows(IllegalArgumentException.class, () -> new BlkWorkload(Access.READ, 513, 1, 7, false));
        assertThrows(IllegalArgumentException.class, () -> new BlkWorkload(Access.READ, 512, 0, 7, false));
    }

    @Test
    void aLoadOnManyQueuesEndsForAllOfThemWhenOneFails() throws Exception {
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(3))) {
            var write = BlkLoadOptions.count(new BlkWorkload(Access.WRITE, 4096, 4, 7, true), 256);
            assertEquals(768, BlkLoad.run(frontend, write).requests());
            disk.spoil(90 * 4096);
            var read = BlkLoadOptions.during(new BlkWorkload(Access.READ, 4096, 4, 7, true), Duration.ofHours(1));
            assertThrows(BackendViolation.class, () -> BlkLoad.run(frontend, read));
        }
    }

    @Test
    void aLoadEndsWhenItsCallerIsInterrupted() throws Exception {
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(1))) {
            var workload = new BlkWorkload(Access.RANDREAD, 512, 4, 7, false);
            Thread.currentThread().interrupt();
            assertThrows(
                    InterruptedException.class,
                    () -> BlkLoad.run(frontend, BlkLoadOptions.during(workload, Duration.ofHours(1))));
            assertFalse(Thread.interrupted());
        }
    }

    @Test
    void aLoadThatDoesNotFitIntoMemoryLeavesTheRingsAsTheyWere() throws Exception {
        FrontendOptions options = options(3).withMemory(List.of(new RegionPlan(0x1_0000, 0x5_0000)));
        try (FakeBackend _ = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options)) {
            var load = BlkLoadOptions.count(new BlkWorkload(Access.READ, 65_536, 2, 7, false), 10);
            assertThrows(IllegalStateException.class, () -> BlkLoad.run(frontend, load));
            assertEquals(16, frontend.queues().get(0).ring().free());
            assertEquals(0x2_2000, load.workload().memoryBytes());
        }
    }

    @Test
    void aLoadEndsWhenTheBackEndDies() throws Exception {
        try (FakeBackend backend = backend(Offer.FULL);
                Frontend frontend = Frontend.attach(socket, options(1))) {
            backend.dieAfter(1000);
            var workload = new BlkWorkload(Access.RANDREAD, 512, 4, 7, false);
            var load = BlkLoadOptions.during(workload, Duration.ofHours(1));
            assertThrows(BackendDisconnected.class, () -> BlkLoad.run(frontend, load));
        }
    }
}
