package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.vhostdevice.core.testkit.TestRing.INDIRECT;
import static org.vhostdevice.core.testkit.TestRing.NEXT;
import static org.vhostdevice.core.testkit.TestRing.WRITE;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestRegion;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;

@DisplayName("A malformed ring is refused, whatever it holds")
class HostileDriverTest extends RingTestBase {
    private static final int SIZE = 8;

    private TestRing ring;
    private SplitVirtqueue queue;
    private long buffer;

    @BeforeEach
    void openRing() throws Exception {
        ring = new TestRing(guest, SIZE, TestRing.features(false), 0);
        queue = ring.open();
        buffer = guest.allocate(64, 16);
    }

    private void assertBroken() {
        assertThrows(BrokenQueueException.class, queue::poll);
        assertEquals(0, queue.inFlight());
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE + 1, 1000, 32_768, 65_535})
    void availableIndexFarAhead(int index) {
        ring.availableIndex(index);
        assertBroken();
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE, SIZE + 1, 65_535})
    void headOutsideTheTable(int head) {
        ring.makeAvailable(head);
        assertBroken();
    }

    @Test
    void headThatIsInFlight() throws Exception {
        ring.descriptor(2, buffer, 4, 0, 0);
        ring.makeAvailable(2);
        assertNotNull(queue.poll());
        ring.makeAvailable(2);
        assertThrows(BrokenQueueException.class, queue::poll);
        assertEquals(1, queue.inFlight());
    }

    @Test
    void descriptorThatFollowsItself() {
        ring.descriptor(0, buffer, 4, NEXT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void descriptorsInALoop() {
        for (int i = 0; i < SIZE; i++) {
            ring.descriptor(i, buffer, 4, NEXT, (i + 1) % SIZE);
        }
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void loopInAnIndirectTable() {
        long table = guest.allocate(64, 16);
        for (int i = 0; i < 4; i++) {
            ring.descriptor(table, i, buffer, 4, NEXT, (i + 1) % 4);
        }
        ring.descriptor(0, table, 64, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void hugeIndirectTableInALoop() {
        long table = TestGuest.BORDER;
        for (int i = 0; i < 65_536; i++) {
            ring.descriptor(table, i, buffer, 0, NEXT, (i + 1) & 0xffff);
        }
        ring.descriptor(0, table, 65_536 * 16, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE, 65_535})
    void nextOutsideTheTable(int next) {
        ring.descriptor(0, buffer, 4, NEXT, next);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void nextOutsideAnIndirectTable() {
        long table = guest.allocate(32, 16);
        ring.descriptor(table, 0, buffer, 4, NEXT, 2);
        ring.descriptor(0, table, 32, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 8, 15, 17, 0xffff_ffffL})
    void indirectTableOfAnOddSize(long bytes) {
        ring.descriptor(0, buffer, bytes, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, TestGuest.BORDER - 16, TestGuest.BORDER + TestGuest.REGION_BYTES, -16})
    void indirectTableOutsideOneRegion(long address) {
        ring.descriptor(0, address, 32, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void indirectInsideIndirect() {
        long table = guest.allocate(16, 16);
        ring.descriptor(table, 0, table, 16, INDIRECT, 0);
        ring.descriptor(0, table, 16, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void indirectWithANextOne() {
        long table = guest.allocate(16, 16);
        ring.descriptor(table, 0, buffer, 4, 0, 0);
        ring.descriptor(0, table, 16, INDIRECT | NEXT, 1);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void indirectThatWasNotNegotiated() throws Exception {
        FeatureSet none = FeatureSet.NONE.with(VirtioFeature.VERSION_1);
        ring = new TestRing(guest, SIZE, none, 0);
        queue = ring.open();
        ring.descriptor(0, buffer, 16, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void readableAfterWritable() {
        ring.descriptor(0, buffer, 4, NEXT | WRITE, 1);
        ring.descriptor(1, buffer, 4, 0, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                TestGuest.START - 1,
                TestGuest.BORDER + TestGuest.REGION_BYTES,
                Long.MAX_VALUE,
                Long.MIN_VALUE,
                -1
            })
    void bufferOutsideMemory(long address) {
        ring.descriptor(0, address, 2, 0, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void bufferThatEndsBeyondMemory() {
        ring.descriptor(0, TestGuest.BORDER + TestGuest.REGION_BYTES - 8, 9, 0, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void chainInTooManyPiecesOfMemory() throws Exception {
        int tiny = 300;
        List<GuestRegion> regions = new ArrayList<>(guest.memory().regions());
        try (SharedMemory shared = SharedMemory.create("tiny", 1)) {
            for (int i = 0; i < tiny; i++) {
                long address = (1L << 40) + i;
                regions.add(new GuestRegion(address, address, MappedRegion.map(shared.fd(), 0, 1, true)));
            }
        }
        GuestMemory memory = GuestMemory.of(regions);
        regions.subList(regions.size() - tiny, regions.size())
                .forEach(region -> region.mapping().release());
        queue.useMemory(memory);
        int buffers = 1000;
        long table = guest.allocate(16L * buffers, 16);
        for (int i = 0; i < buffers; i++) {
            ring.descriptor(table, i, 1L << 40, tiny, i + 1 < buffers ? NEXT : 0, i + 1);
        }
        ring.descriptor(0, table, 16L * buffers, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
        memory.release();
    }

    @Test
    void moreThanFourGigabytesInOneChain() throws Exception {
        // 5000 times one mebibyte: no single buffer is wrong, the sum is
        long table = guest.allocate(16 * 5000, 16);
        for (int i = 0; i < 5000; i++) {
            ring.descriptor(table, i, TestGuest.BORDER, TestGuest.REGION_BYTES, WRITE | (i < 4999 ? NEXT : 0), i + 1);
        }
        ring.descriptor(0, table, 16 * 5000, INDIRECT, 0);
        ring.makeAvailable(0);
        assertBroken();
    }

    @Test
    void emptyBufferIsAllowedEvenAtNoAddress() throws Exception {
        ring.descriptor(0, 0, 0, 0, 0);
        ring.makeAvailable(0);
        DescriptorChain chain = queue.poll();
        assertNotNull(chain);
        assertEquals(0, chain.readable().length());
    }
}
