package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("vhost-user: guest memory that comes and goes")
class MemoryChangeTest extends ServedDeviceTest {
    private static final long EXTRA = 0x10_0000_0000L;
    private static final long EXTRA_SIZE = 1 << 16;

    private SharedMemory extra;

    MemoryChangeTest() {
        super(2, Completion.WHEN_RELEASED);
    }

    @BeforeEach
    void negotiate() throws Exception {
        frontend.negotiate();
        extra = SharedMemory.create("extra", EXTRA_SIZE);
    }

    @AfterEach
    void closeMemory() {
        extra.close();
    }

    @Test
    void addsAndRemovesRegionsWithRequestsInFlight() throws Exception {
        addAll();
        frontend.queues().forEach(queue -> startUnchecked(queue));
        for (int round = 0; round < 20; round++) {
            frontend.queues().forEach(queue -> queue.request(3));
            awaitTaken(0, 3L * (round + 1));
            awaitTaken(1, 3L * (round + 1));
            frontend.client.addMemReg(region(EXTRA), extra.fd());
            frontend.client.remMemReg(region(EXTRA));
            device.releaseHeld();
            for (StepQueue queue : frontend.queues()) {
                queue.awaitUsed(3);
            }
        }
    }

    @Test
    void changesMemoryUnderConstantLoad() throws Exception {
        try (ServerFixture busy = ServerFixture.serve(new RngTestDevice(1, Completion.BY_OTHER_THREAD));
                StepFrontend load = busy.started()) {
            StepQueue queue = load.queue(0);
            var loading = Background.run(() -> {
                for (int i = 0; i < 1000; i++) {
                    queue.request(StepQueue.SIZE);
                    queue.awaitUsed(StepQueue.SIZE);
                }
            });
            while (!loading.isDone()) {
                load.shareMemory();
            }
            loading.join();
        }
    }

    @Test
    void replacesTheTableWithRequestsInFlight() throws Exception {
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        for (int round = 0; round < 20; round++) {
            queue.request(3);
            awaitTaken(0, 3L * (round + 1));
            frontend.shareMemory();
            device.releaseHeld();
            queue.awaitUsed(3);
        }
    }

    @Test
    void unmapsTheOldMemoryAfterTheLastRequestThatUsesIt() throws Exception {
        long before = mappings();
        frontend.startAll();
        StepQueue queue = frontend.queue(0);
        queue.request(1);
        awaitTaken(0, 1);
        long started = mappings();
        frontend.shareMemory();
        frontend.shareMemory();
        assertTrue(mappings() > started, "old and new memory are mapped");
        device.releaseHeld();
        queue.awaitUsed(1);
        frontend.client.getVringBase(0);
        frontend.client.getVringBase(1);
        assertEquals(started, mappings());
        frontend.client.setMemTable(List.of(), List.of());
        assertEquals(before, mappings());
    }

    @Test
    void restsWhileTheMemoryOfARingIsAwayAndGoesOnWhenItIsBack() throws Exception {
        addAll();
        StepQueue queue = frontend.queue(0);
        frontend.start(queue);
        queue.request(1);
        awaitTaken(0, 1);
        List<MemoryRegion> regions = frontend.memory.regions();
        List<OwnedFd> files = frontend.memory.descriptors();
        for (MemoryRegion region : regions) {
            frontend.client.remMemReg(region);
        }
        device.releaseHeld();
        queue.awaitUsed(1);
        frontend.client.setVringEnable(0, true);
        queue.awaitCall(0);
        queue.request(1);
        assertFalse(queue.awaitCall(SHORT_MILLIS));
        assertEquals(1, metrics(0).chains());
        for (int i = 0; i < regions.size(); i++) {
            frontend.client.addMemReg(regions.get(i), files.get(i));
        }
        awaitTaken(0, 2);
        device.releaseHeld();
        queue.awaitUsed(1);
    }

    @Test
    void refusesOverlapsInGuestAndInFrontEndAddresses() throws Exception {
        frontend.client.addMemReg(region(EXTRA), extra.fd());
        assertThrows(BackendRefusal.class, () -> frontend.client.addMemReg(region(EXTRA), extra.fd()));
        assertThrows(BackendRefusal.class, () -> add(EXTRA + EXTRA_SIZE - 1, EXTRA + 2 * EXTRA_SIZE, EXTRA_SIZE));
        assertThrows(BackendRefusal.class, () -> add(EXTRA + 2 * EXTRA_SIZE, EXTRA + 1, EXTRA_SIZE));
        add(EXTRA + EXTRA_SIZE, EXTRA + EXTRA_SIZE, EXTRA_SIZE);
        List<MemoryRegion> twice = List.of(region(EXTRA), region(EXTRA));
        assertThrows(BackendRefusal.class, () -> frontend.client.setMemTable(twice, List.of(extra.fd(), extra.fd())));
    }

    @Test
    void refusesRangesThatCannotBe() {
        assertThrows(BackendRefusal.class, () -> add(EXTRA, EXTRA, EXTRA_SIZE + 1), "beyond the end of the file");
        assertThrows(BackendRefusal.class, () -> add(EXTRA, EXTRA, 1L << 62), "far beyond the end of the file");
        assertThrows(BackendRefusal.class, () -> add(EXTRA, EXTRA, 0), "empty");
        assertThrows(BackendRefusal.class, () -> add(-1, EXTRA, EXTRA_SIZE), "guest addresses wrap");
        assertThrows(BackendRefusal.class, () -> add(Long.MIN_VALUE, EXTRA, EXTRA_SIZE), "guest addresses too high");
        assertThrows(BackendRefusal.class, () -> add(EXTRA, -1, EXTRA_SIZE), "front-end addresses wrap");
    }

    @Test
    void removesOnlyWhatMatchesInEveryNumber() throws Exception {
        frontend.client.addMemReg(region(EXTRA), extra.fd());
        assertThrows(
                BackendRefusal.class,
                () -> frontend.client.remMemReg(new MemoryRegion(EXTRA, EXTRA_SIZE / 2, EXTRA, 0)));
        assertThrows(
                BackendRefusal.class,
                () -> frontend.client.remMemReg(new MemoryRegion(EXTRA, EXTRA_SIZE, EXTRA + 1, 0)));
        frontend.client.remMemReg(region(EXTRA));
        assertThrows(BackendRefusal.class, () -> frontend.client.remMemReg(region(EXTRA)));
    }

    @Test
    void takes509Regions() throws Exception {
        for (int i = 0; i < 509; i++) {
            add(EXTRA + i * EXTRA_SIZE, EXTRA + i * EXTRA_SIZE, EXTRA_SIZE);
        }
        assertThrows(BackendRefusal.class, () -> add(0, 0, EXTRA_SIZE));
        frontend.client.remMemReg(region(EXTRA));
        add(0, 0, EXTRA_SIZE);
    }

    @Test
    void takesATableOfEightRegions() throws Exception {
        List<MemoryRegion> regions = IntStream.range(0, Message.MemoryTable.MAX_REGIONS)
                .mapToObj(i -> region(EXTRA + i * EXTRA_SIZE))
                .toList();
        frontend.client.setMemTable(
                regions, regions.stream().map(_ -> extra.fd()).toList());
    }

    @Test
    void refusesToStartARingOutsideMemory() throws Exception {
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        frontend.setUp(queue);
        frontend.client.setMemTable(List.of(region(EXTRA)), List.of(extra.fd()));
        assertThrows(BackendRefusal.class, () -> frontend.client.setVringKick(0, queue.kickEnd()));
        assertTrue(queue.awaitError(SHORT_MILLIS), "the error descriptor is signalled");
        assertEquals(0, device.starts());
    }

    @Test
    void endsTheConnectionWhenATableIsRefusedUnnoticed() throws Exception {
        try (SharedMemory small = SharedMemory.create("small", EXTRA_SIZE)) {
            frontend.client.setProtocolFeatures(0);
            frontend.client.setMemTable(
                    List.of(new MemoryRegion(EXTRA, 2 * EXTRA_SIZE, EXTRA, 0)), List.of(small.fd()));
            assertThrows(BackendDisconnected.class, () -> frontend.client.getFeatures());
        }
    }

    private static MemoryRegion region(long address) {
        return new MemoryRegion(address, EXTRA_SIZE, address, 0);
    }

    private void add(long guestAddress, long frontendAddress, long size) throws IOException {
        frontend.client.addMemReg(new MemoryRegion(guestAddress, size, frontendAddress, 0), extra.fd());
    }

    private void addAll() throws IOException {
        List<MemoryRegion> regions = frontend.memory.regions();
        for (int i = 0; i < regions.size(); i++) {
            frontend.client.addMemReg(
                    regions.get(i), frontend.memory.descriptors().get(i));
        }
    }

    private void startUnchecked(StepQueue queue) {
        try {
            frontend.start(queue);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitTaken(int queue, long chains) {
        Waiting.until(() -> metrics(queue).chains() >= chains, () -> chains + " chains are taken");
    }

    private static long mappings() throws IOException {
        return ProcessResources.countMappings();
    }
}
