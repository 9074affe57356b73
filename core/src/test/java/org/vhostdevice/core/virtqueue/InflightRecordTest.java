package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// Offsets are those of the vhost-user text, "Inflight I/O tracking", not the product's names for them.
@DisplayName("U10: chains in flight are recorded in the format of the specification")
class InflightRecordTest extends RingTestBase {
    private static final int SIZE = 4;
    private static final int ENTRIES = 8;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

    private RingDriver ring;
    private MemorySegment memory;
    private int start;

    private Virtqueue open(boolean packed) throws Exception {
        FeatureSet features = TestRing.features(false);
        ring = packed ? new PackedRing(guest, SIZE, features, 2, true) : new TestRing(guest, SIZE, features, 65_535);
        start = packed ? ((PackedRing) ring).base() : 65_535;
        long bytes = InflightArea.bytes(ENTRIES, ring.setup().features());
        memory = guest.at(guest.allocate(bytes, 64), bytes);
        return next();
    }

    /// What the next back end makes of ring and record.
    private Virtqueue next() throws Exception {
        return next(true);
    }

    private Virtqueue next(boolean resumes) throws Exception {
        int base = ring instanceof TestRing split ? split.usedIndex() : start;
        return Virtqueue.open(ring.setup(), guest.memory(), base, new InflightArea(memory, ENTRIES, resumes));
    }

    private int u16(long offset) {
        return Short.toUnsignedInt(memory.get(U16, offset));
    }

    private void add(int id, int descriptors, Layout layout) {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < descriptors; i++) {
            pieces.add(new Piece(TestGuest.BORDER + 16L * id + i, 1, true));
        }
        ring.add(id, pieces, layout);
    }

    private static List<Integer> ids(Virtqueue queue) throws Exception {
        List<Integer> ids = new ArrayList<>();
        for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
            ids.add(chain.id());
        }
        return ids;
    }

    @Test
    void areaHasTheSizeThatOtherBackEndsGiveIt() {
        FeatureSet packed = FeatureSet.NONE.with(VirtioFeature.RING_PACKED);
        assertEquals(64, InflightArea.bytes(1, FeatureSet.NONE));
        assertEquals(128 * 16 + 64, InflightArea.bytes(128, FeatureSet.NONE));
        assertEquals(64, InflightArea.bytes(1, packed));
        assertEquals(128 * 32 + 64, InflightArea.bytes(128, packed));
    }

    @Test
    void areaMustBeLargeEnoughAndAligned() {
        MemorySegment bytes = guest.at(TestGuest.START, 64);
        assertThrows(IllegalArgumentException.class, () -> new InflightArea(bytes, 4, true));
        assertThrows(IllegalArgumentException.class, () -> new InflightArea(bytes.asSlice(4), 1, true));
    }

    @Test
    void splitRecord() throws Exception {
        Virtqueue queue = open(false);
        assertEquals(1, u16(8), "version");
        assertEquals(ENTRIES, u16(10), "desc_num");
        assertEquals(65_535, u16(14), "used_idx");
        add(2, 1, Layout.DIRECT);
        add(0, 1, Layout.DIRECT);
        add(1, 1, Layout.DIRECT);
        DescriptorChain first = take(queue);
        DescriptorChain second = take(queue);
        assertEquals(1, memory.get(U8, 16 + 16 * 2));
        assertEquals(0, memory.get(U64, 16 + 16 * 2 + 8));
        assertEquals(1, memory.get(U8, 16));
        assertEquals(1, memory.get(U64, 16 + 8));
        assertEquals(0, memory.get(U8, 16 + 16), "not taken");
        first.complete(0);
        second.complete(0);
        assertEquals(0, u16(12), "last_batch_head");
        assertEquals(2, u16(16 + 6), "next");
        assertEquals(1, memory.get(U8, 16), "not seen used");
        boolean _ = queue.publish();
        assertEquals(0, memory.get(U8, 16));
        assertEquals(0, memory.get(U8, 16 + 16 * 2));
        assertEquals(1, u16(14), "used_idx");
    }

    @Test
    void packedRecord() throws Exception {
        Virtqueue queue = open(true);
        assertEquals(1, u16(8), "version");
        assertEquals(ENTRIES, u16(10), "desc_num");
        assertEquals(0, u16(12), "free_head");
        assertEquals(2, u16(16), "used_idx");
        assertEquals(2, u16(18), "old_used_idx");
        assertEquals(1, memory.get(U8, 20), "used_wrap_counter");
        assertEquals(1, memory.get(U8, 21), "old_used_wrap_counter");
        add(3, 2, Layout.DIRECT);
        DescriptorChain chain = take(queue);
        assertEquals(1, memory.get(U8, 32), "inflight");
        assertEquals(1, u16(32 + 4), "last");
        assertEquals(2, u16(32 + 6), "num");
        assertEquals(0, memory.get(U64, 32 + 8), "counter");
        assertEquals(3, u16(64 + 16), "id of the last descriptor");
        assertEquals(1, memory.get(ValueLayout.JAVA_INT, 64 + 20), "len");
        assertEquals(TestGuest.BORDER + 49, memory.get(U64, 64 + 24), "addr");
        assertEquals(2, u16(12), "free_head");
        assertEquals(2, u16(14), "old_free_head");
        chain.complete(1);
        boolean _ = queue.publish();
        assertEquals(0, memory.get(U8, 32), "inflight");
        assertEquals(0, u16(12), "free_head");
        assertEquals(0, u16(14), "old_free_head");
        assertEquals(2, u16(64 + 2), "next");
        assertEquals(0, u16(16), "used_idx");
        assertEquals(0, u16(18), "old_used_idx");
        assertEquals(0, memory.get(U8, 20), "used_wrap_counter");
        assertEquals(0, memory.get(U8, 21), "old_used_wrap_counter");
    }

    @ParameterizedTest
    @CsvSource({"false, DIRECT", "false, INDIRECT", "false, MIXED", "true, DIRECT", "true, INDIRECT"})
    void chainsOfAnyLayoutAreTakenAgainBeforeNewOnes(boolean packed, Layout layout) throws Exception {
        Virtqueue queue = open(packed);
        add(2, 2, layout);
        DescriptorChain chain = take(queue);
        assertFalse(queue.idle());
        add(0, 1, Layout.DIRECT);
        Virtqueue next = next();
        assertTrue(next.enableNotifications(1), "there is something to take");
        DescriptorChain again = take(next);
        assertEquals(chain.id(), again.id());
        assertEquals(2, again.writable().length());
        assertEquals(0, take(next).id());
        again.complete(2);
        boolean _ = next.publish();
        assertEquals(new Used(2, 2), ring.takeUsed());
        assertNull(ring.takeUsed());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void orderIsThatOfTheCounters(boolean packed) throws Exception {
        Virtqueue queue = open(packed);
        for (int id : new int[] {3, 1, 2, 0}) {
            add(id, 1, Layout.DIRECT);
        }
        assertEquals(List.of(3, 1, 2, 0), ids(queue));
        assertEquals(List.of(3, 1, 2, 0), ids(next()));
        assertEquals(List.of(3, 1, 2, 0), ids(next()), "a record is not used up");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recordOfAnEarlierLifeOfTheRingIsBegunAnew(boolean packed) throws Exception {
        Virtqueue queue = open(packed);
        add(0, 1, Layout.DIRECT);
        take(queue);
        assertEquals(0, take(next(false)).id(), "taken from the ring");
        new InflightArea(memory, ENTRIES, true).forget();
        assertEquals(0, u16(8));
        Virtqueue next = next();
        assertEquals(1, u16(8));
        assertFalse(next.idle() && next.poll() == null, "taken from the ring");
    }

    @Test
    void splitRecordThatIsFarBehindTheRingIsBegunAnew() throws Exception {
        Virtqueue queue = open(false);
        add(0, 1, Layout.DIRECT);
        take(queue);
        memory.set(U16, 14, (short) (65_535 - SIZE - 1));
        Virtqueue next = next();
        assertEquals(65_535, u16(14));
        assertEquals(0, take(next).id(), "taken from the ring");
    }

    @Test
    void splitBatchThatLeadsOutOfTheRecordIsBegunAnew() throws Exception {
        open(false);
        memory.set(U16, 14, (short) 65_534);
        memory.set(U16, 12, (short) SIZE);
        Virtqueue next = next();
        assertTrue(next.idle());
        assertEquals(65_535, u16(14));
    }

    @ParameterizedTest
    @CsvSource({
        "16, 4, used_idx",
        "18, 5, old_used_idx",
        "38, 0, num",
        "38, 9, num",
        "36, 3, last",
        "34, 9, next",
        "34, 0, a loop",
        "80, 4, id",
    })
    void packedRecordThatNoBackEndWritesIsBegunAnew(long offset, int value) throws Exception {
        Virtqueue queue = open(true);
        add(3, 2, Layout.DIRECT);
        take(queue);
        memory.set(U16, offset, (short) value);
        Virtqueue next = next();
        assertEquals(3, take(next).id(), "taken from the ring");
        assertNull(next.poll());
    }

    @Test
    void twoRecordedChainsWithOneIdAreBegunAnew() throws Exception {
        Virtqueue queue = open(true);
        add(3, 1, Layout.DIRECT);
        add(1, 1, Layout.DIRECT);
        assertEquals(List.of(3, 1), ids(queue));
        memory.set(U16, 32 + 16, (short) 1);
        assertEquals(List.of(3, 1), ids(next()), "taken from the ring");
    }

    @Test
    void recordedDescriptorsAreCheckedLikeTheRings() throws Exception {
        Virtqueue queue = open(true);
        add(3, 1, Layout.DIRECT);
        take(queue);
        memory.set(U64, 32 + 24, 1L);
        Virtqueue next = next();
        assertThrows(BrokenQueueException.class, next::poll);
        assertEquals(0, next.inFlight());
    }

    @Test
    void splitChainsAreWalkedAgainAsTheyAreThen() throws Exception {
        Virtqueue queue = open(false);
        add(2, 1, Layout.DIRECT);
        take(queue);
        ((TestRing) ring).descriptor(2, 1, 4, 0, 0);
        Virtqueue next = next();
        assertThrows(BrokenQueueException.class, next::poll);
        assertEquals(0, next.inFlight());
    }

    @Test
    @DisplayName("a driver that offers a chain again before it can have seen it used breaks the ring")
    void chainOfferedBeforeItIsSeenUsed() throws Exception {
        Virtqueue queue = open(false);
        add(2, 1, Layout.DIRECT);
        take(queue).complete(0);
        add(2, 1, Layout.DIRECT);
        assertThrows(BrokenQueueException.class, queue::poll);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void abandonedRingLeavesTheRecordAsItIs(boolean packed) throws Exception {
        Virtqueue queue = open(packed);
        add(2, 1, Layout.DIRECT);
        DescriptorChain chain = take(queue);
        queue.abandon();
        byte[] before = memory.toArray(U8);
        chain.complete(1);
        boolean _ = queue.publish();
        assertEquals(-1, MemorySegment.ofArray(before).mismatch(memory));
    }

    @Test
    @DisplayName("U9: descriptors that recovery makes available again are marked in the log")
    void packedDescriptorsThatAreTakenBackAreMarked() throws Exception {
        Virtqueue queue = open(true);
        add(1, 1, Layout.DIRECT);
        add(2, 1, Layout.DIRECT);
        DescriptorChain first = take(queue);
        take(queue).complete(0);
        first.complete(0); // behind one whose flags wait for the end of the batch, which does not come
        long descriptors = ring.setup().descriptors();
        byte[] before = guest.read(descriptors, 16 * SIZE);
        Virtqueue next = next();
        assertFalse(Arrays.equals(before, guest.read(descriptors, 16 * SIZE)));
        try (TestLog log = new TestLog()) {
            next.useLog(log.of(false, true, ring.setup().device()));
            assertTrue(log.takeMarks().contains(descriptors & -4096));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsTakenAgainThatTheDriverSawUsed(boolean packed) throws Exception {
        Virtqueue queue = open(packed);
        for (int round = 0; round < 3; round++) {
            add(1, 1, Layout.DIRECT);
            take(queue).complete(0);
            boolean _ = queue.publish();
            assertNotNull(ring.takeUsed());
            queue = next();
            assertTrue(queue.idle());
            assertNull(queue.poll());
        }
    }
}
