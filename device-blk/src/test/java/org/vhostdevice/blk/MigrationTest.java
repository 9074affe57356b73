package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.Throttle;
import org.vhostdevice.core.frontend.BlkDriver;
import org.vhostdevice.core.frontend.DriverFeature;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendMemory;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.MigrationLog;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.session.DeviceServer;
import org.vhostdevice.core.session.QueueMetrics;
import org.vhostdevice.core.session.ServerOptions;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// A guest that reads and writes its disk moves from one back end to another, as QEMU does it: memory is copied while
/// the guest runs, guided by nothing but the log, then the guest is halted, the rest copied, the device's state moved,
/// and the guest goes on with the other back end.
@DisplayName("U9, U11: live migration under load")
@ExtendWith(Seeded.class)
@Timeout(120)
class MigrationTest {
    private static final int QUEUES = 2;

    /// So large that parts of a ring that only the device writes have pages of their own.
    private static final int RING = 1024;

    private static final long DISK = (long) QUEUES * MigratingLoad.SLOTS * MigratingLoad.BLOCKS * MigratingLoad.BLOCK;
    private static final List<RegionPlan> MEMORY =
            List.of(new RegionPlan(0x1_0000_0000L, 2 << 20), new RegionPlan(0x1_8000_0000L, 1 << 20, 1 << 16));
    private static final long END = 0x1_8010_0000L;
    private static final int ROUNDS = 8;
    private static final int PAGE = MigrationLog.PAGE;

    @TempDir
    private Path directory;

    /// How the rings are used.
    enum Rings {
        SPLIT(0),
        SPLIT_WITHOUT_EVENT_IDX(0),
        SPLIT_IN_ORDER(DriverFeature.IN_ORDER),
        PACKED(DriverFeature.RING_PACKED),
        PACKED_IN_ORDER(DriverFeature.RING_PACKED | DriverFeature.IN_ORDER);

        private final long features;

        Rings(long features) {
            this.features = features;
        }

        FrontendOptions options() {
            FrontendOptions options = FrontendOptions.defaults()
                    .withFeatures(BlkDriver.FEATURES | features)
                    .withQueues(new QueuePlan(QUEUES, RING, 0))
                    .withMemory(MEMORY);
            return this == SPLIT_WITHOUT_EVENT_IDX ? options.withoutFeatures(DriverFeature.EVENT_IDX) : options;
        }
    }

    /// A back end with a disk and a state of its own.
    private final class Backend implements AutoCloseable {
        final Path socket;
        final Path image;
        final StatefulDisk device;
        private final VhostUserListener listener;
        private final DeviceServer server;
        private final CompletableFuture<?> ended;

        Backend(String name) throws IOException {
            socket = directory.resolve(name);
            image = directory.resolve(name + ".img");
            var config = new BlkConfig(
                    new Medium.File(image, DISK),
                    TestOptions.DEFAULT,
                    QUEUES,
                    RING,
                    512,
                    name,
                    Disk.Policy.DEFAULT,
                    Throttle.Limits.NONE);
            device = new StatefulDisk(new BlkDevice(config));
            listener = VhostUserListener.open(Endpoint.Listen.of(socket, null, null));
            server = new DeviceServer(listener, device, ServerOptions.DEFAULT);
            ended = Background.run(server::run);
        }

        @Override
        public void close() throws IOException {
            server.stop();
            ended.join();
            listener.close();
            device.close();
        }
    }

    @BeforeEach
    void needsALog() {
        assumeTrue(DirtyLog.isSupported());
    }

    @ParameterizedTest
    @EnumSource
    void movesARunningGuest(Rings rings, RandomGenerator random) throws Exception {
        try (Backend source = new Backend("source");
                Backend destination = new Backend("destination");
                Frontend guest = Frontend.attach(source.socket, rings.options());
                FrontendMemory copy = FrontendMemory.create(MEMORY);
                MigrationLog log = MigrationLog.create(END, 8)) {
            assertTrue(guest.negotiated().has(rings.features));
            List<MigratingLoad> loads = loads(guest, random);
            fillTheRest(guest.memory(), random);
            List<CompletableFuture<?>> running = new ArrayList<>();
            for (MigratingLoad load : loads) {
                running.add(load.start());
            }
            byte[] knowledge = new byte[100_000];
            random.nextBytes(knowledge);
            source.device.known = knowledge;

            copyWhileItRuns(guest, loads, copy, log);
            copyWhileOnlyTheDeviceWrites(source, guest, loads, copy, log);
            guest.suspend();
            log.take(page -> copyPage(guest.memory(), copy, page));
            assertEqual(guest.memory(), copy);
            copyDisk(source.image, destination.image);
            byte[] state = guest.client().migration().saveState();
            moveInto(guest.memory(), copy, random);

            guest.migrate(destination.socket, state);
            assertArrayEquals(knowledge, destination.device.known);
            goOnAndEnd(loads, running);
            checkDisk(destination.image, loads);
        }
    }

    private static List<MigratingLoad> loads(Frontend guest, RandomGenerator random) {
        List<MigratingLoad> loads = new ArrayList<>();
        for (int i = 0; i < QUEUES; i++) {
            loads.add(new MigratingLoad(guest, i, new SplittableRandom(random.nextLong())));
        }
        return loads;
    }

    private static void fillTheRest(FrontendMemory memory, RandomGenerator random) {
        for (int region = 0; region < MEMORY.size(); region++) {
            long start = memory.allocateIn(region, 1, PAGE);
            long end = MEMORY.get(region).guestAddress() + MEMORY.get(region).size();
            byte[] bytes = new byte[(int) (end - start)];
            random.nextBytes(bytes);
            MemorySegment.copy(bytes, 0, memory.slice(start, bytes.length), ValueLayout.JAVA_BYTE, 0, bytes.length);
        }
    }

    private static void copyWhileItRuns(
            Frontend guest, List<MigratingLoad> loads, FrontendMemory copy, MigrationLog log) throws IOException {
        loads.forEach(MigratingLoad::halt);
        guest.startLogging(log);
        loads.forEach(load -> load.logTo(log));
        for (RegionPlan region : MEMORY) {
            log.mark(region.guestAddress(), region.size());
        }
        loads.forEach(MigratingLoad::resume);
        long pages = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long before = completed(loads);
            pages = (round > 1 ? pages : 0) + log.take(page -> copyPage(guest.memory(), copy, page));
            // In the last round the used rings go all the way round.
            int requests = round < ROUNDS - 1 ? 200 : 2 * QUEUES * RING;
            while (completed(loads) < before + requests) {
                Thread.onSpinWait();
            }
        }
        assertTrue(pages > 0, "the guest writes after the first round");
    }

    /// What the device writes last has no other marks than its own: all else was copied before.
    private static void copyWhileOnlyTheDeviceWrites(
            Backend source, Frontend guest, List<MigratingLoad> loads, FrontendMemory copy, MigrationLog log)
            throws IOException {
        source.device.rest(true);
        for (int i = 0; i < QUEUES; i++) {
            QueueMetrics queue = source.server.metrics().get(i);
            loads.get(i).haltWhen(used -> used == 0 && queue.chains() == queue.completions());
        }
        log.take(page -> copyPage(guest.memory(), copy, page));
        source.device.rest(false);
        for (MigratingLoad load : loads) {
            while (load.used() < MigratingLoad.SLOTS) {
                Thread.onSpinWait();
            }
        }
    }

    private static long completed(List<MigratingLoad> loads) {
        return loads.stream().mapToLong(MigratingLoad::completed).sum();
    }

    private static void copyPage(FrontendMemory from, FrontendMemory to, long page) {
        MemorySegment.copy(from.slice(page, PAGE), 0, to.slice(page, PAGE), 0, PAGE);
    }

    private static void assertEqual(FrontendMemory memory, FrontendMemory copy) {
        for (RegionPlan region : MEMORY) {
            MemorySegment expected = memory.slice(region.guestAddress(), region.size());
            long at = copy.slice(region.guestAddress(), region.size()).mismatch(expected);
            assertEquals(-1, at, () -> "page at " + Long.toHexString(region.guestAddress() + at) + " was not copied");
        }
    }

    /// The guest goes on from the copy, of which nothing was there before.
    private static void moveInto(FrontendMemory memory, FrontendMemory copy, RandomGenerator random) {
        for (RegionPlan region : MEMORY) {
            MemorySegment own = memory.slice(region.guestAddress(), region.size());
            own.fill((byte) random.nextInt());
            own.copyFrom(copy.slice(region.guestAddress(), region.size()));
        }
    }

    private static void copyDisk(Path from, Path to) throws IOException {
        try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
            assertEquals(DISK, channel.write(ByteBuffer.wrap(Files.readAllBytes(from))));
        }
    }

    private static void goOnAndEnd(List<MigratingLoad> loads, List<CompletableFuture<?>> running) {
        long before = completed(loads);
        loads.forEach(load -> load.logTo(null));
        loads.forEach(MigratingLoad::resume);
        while (completed(loads) < before + 500) {
            Thread.onSpinWait();
            running.forEach(load -> assertFalse(load.isCompletedExceptionally(), load::toString));
        }
        loads.forEach(MigratingLoad::halt);
        loads.forEach(MigratingLoad::end);
        loads.forEach(MigratingLoad::resume);
        running.forEach(CompletableFuture::join);
        loads.forEach(load -> assertEquals(0, load.outstanding()));
    }

    private static void checkDisk(Path image, List<MigratingLoad> loads) throws IOException {
        ByteBuffer disk = ByteBuffer.wrap(Files.readAllBytes(image)).order(ByteOrder.LITTLE_ENDIAN);
        int blocksOfALoad = MigratingLoad.SLOTS * MigratingLoad.BLOCKS;
        for (int block = 0; block < QUEUES * blocksOfALoad; block++) {
            for (int at = 0; at < MigratingLoad.BLOCK; at += Long.BYTES) {
                long found = disk.getLong(block * MigratingLoad.BLOCK + at);
                assertEquals(loads.get(block / blocksOfALoad).content(block, at), found);
            }
        }
    }
}
