package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.RingDevice.Piece;
import org.vhostdevice.core.frontend.RingDevice.Request;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
@DisplayName("VIRTIO 1.4, 2.7: the driver's side")
class DriverQueueTest {
    private static final int INDIRECT = 16;
    private static final long BUFFERS = 0x1_0000;

    private FrontendMemory memory;

    @BeforeEach
    void makeMemory() throws Exception {
        memory =
                FrontendMemory.create(List.of(new RegionPlan(BUFFERS, 0x10_0000), new RegionPlan(1L << 40, 0x10_0000)));
    }

    @AfterEach
    void freeMemory() {
        memory.close();
    }

    private DriverQueue ring(int size, boolean eventIdx) {
        return DriverQueue.allocate(new DriverQueueOptions(size, eventIdx, INDIRECT), memory);
    }

    private RingDevice device(DriverQueue ring, boolean eventIdx) {
        return RingDevice.of(ring, memory, eventIdx);
    }

    private static Chain readable(int length) {
        var chain = new Chain();
        chain.readable(BUFFERS, length);
        return chain;
    }

    private static Chain blockRead() {
        var chain = new Chain();
        chain.readable(BUFFERS, 16);
        chain.writable(BUFFERS + 4096, 512);
        chain.writable(BUFFERS + 16, 1);
        return chain;
    }

    private static void give(DriverQueue ring, Chain chain) {
        int head = ring.add(chain, ring.free() < chain.count() ? ChainLayout.INDIRECT : ChainLayout.DIRECT);
        assertNotEquals(DriverQueue.NONE, head);
    }

    private static void publish(DriverQueue ring) {
        boolean _ = ring.publish();
    }

    @RepeatedTest(100)
    void chainsOfAnyLayoutReachTheDeviceAsGiven(RandomGenerator random) throws Exception {
        DriverQueue ring = ring(1 << random.nextInt(1, 8), random.nextBoolean());
        RingDevice device = device(ring, false);
        Deque<List<Piece>> expected = new ArrayDeque<>();
        for (int round = 0; round < 200; round++) {
            Chain chain = new Chain();
            List<Piece> pieces = randomPieces(random, chain);
            ChainLayout layout = randomLayout(random, pieces.size());
            int before = ring.free();
            int head = ring.add(chain, layout);
            assertEquals(before < layout.descriptors(pieces.size()), head == DriverQueue.NONE);
            if (head != DriverQueue.NONE) {
                expected.add(pieces);
            }
            if (head == DriverQueue.NONE || random.nextInt(4) == 0) {
                publish(ring);
                serveAll(device, expected, ring);
            }
        }
        publish(ring);
        serveAll(device, expected, ring);
        assertEquals(ring.size(), ring.free());
        assertEquals(0, ring.outstanding());
    }

    private static List<Piece> randomPieces(RandomGenerator random, Chain chain) {
        List<Piece> pieces = new ArrayList<>();
        int readable = random.nextInt(0, 5);
        int count = Math.max(1, readable + random.nextInt(0, 5));
        for (int i = 0; i < count; i++) {
            var piece = new Piece(BUFFERS + random.nextInt(5000), random.nextInt(1, 2000), i >= readable);
            pieces.add(piece);
            if (piece.writable()) {
                chain.writable(piece.address(), piece.length());
            } else {
                chain.readable(piece.address(), piece.length());
            }
        }
        return pieces;
    }

    private static ChainLayout randomLayout(RandomGenerator random, int pieces) {
        return new ChainLayout(random.nextInt(0, pieces + 1), random.nextBoolean());
    }

    private static void serveAll(RingDevice device, Deque<List<Piece>> expected, DriverQueue ring) throws Exception {
        for (List<Piece> pieces : expected) {
            Request request = device.next().orElseThrow();
            assertEquals(pieces, request.pieces());
            device.use(request.head(), request.bytes(true));
        }
        assertTrue(device.next().isEmpty());
        for (List<Piece> pieces : expected) {
            assertTrue(ring.nextUsed());
            assertEquals(
                    pieces.stream()
                            .filter(Piece::writable)
                            .mapToLong(Piece::length)
                            .sum(),
                    ring.usedLength());
        }
        assertFalse(ring.nextUsed());
        expected.clear();
    }

    @Test
    void aPreparedChainIsOfferedAgainAndAgainPastTheWrapOfTheIndices() throws Exception {
        DriverQueue ring = ring(4, true);
        RingDevice device = device(ring, true);
        int head = ring.prepare(blockRead(), ChainLayout.DIRECT);
        for (int i = 0; i < 70_000; i++) {
            ring.offer(head);
            publish(ring);
            Request request = device.next().orElseThrow();
            assertEquals(head, request.head());
            device.use(head, 513);
            assertTrue(ring.nextUsed());
            assertEquals(head, ring.usedHead());
            assertEquals(513, ring.usedLength());
        }
        assertEquals(70_000, ring.offered());
        assertEquals(1, ring.free());
        ring.release(head);
        assertEquals(4, ring.free());
    }

    @Test
    void aChainThatIsNotIdleIsNeitherOfferedNorReleased() {
        DriverQueue ring = ring(8, false);
        int head = ring.prepare(blockRead(), ChainLayout.DIRECT);
        ring.offer(head);
        assertThrows(IllegalStateException.class, () -> ring.offer(head));
        assertThrows(IllegalStateException.class, () -> ring.release(head));
        assertThrows(IllegalStateException.class, () -> ring.offer(head + 1));
    }

    @Test
    void chainsThatCannotBeAreRefused() {
        DriverQueue ring = ring(8, false);
        assertThrows(IllegalArgumentException.class, () -> ring.add(new Chain(), ChainLayout.DIRECT));
        Chain chain = new Chain();
        for (int i = 0; i <= INDIRECT; i++) {
            chain.readable(BUFFERS, 1);
        }
        assertThrows(IllegalArgumentException.class, () -> ring.add(chain, ChainLayout.INDIRECT));
        assertEquals(DriverQueue.NONE, ring.add(chain, ChainLayout.DIRECT));
        assertEquals(8, ring.free());
        assertThrows(IllegalStateException.class, () -> blockRead().readable(BUFFERS, 1));
        assertThrows(IllegalArgumentException.class, () -> new Chain().readable(BUFFERS, -1));
        assertThrows(IllegalArgumentException.class, () -> new ChainLayout(-1, false));
    }

    @Test
    void nothingIsVisibleBeforeItIsPublished() {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        give(ring, readable(1));
        assertTrue(device.next().isEmpty());
        assertTrue(ring.publish());
        assertTrue(device.next().isPresent());
        assertFalse(ring.publish(), "nothing new, no notification");
    }

    @Test
    @DisplayName("2.7.10: without EVENT_IDX, flag 1 of the used ring asks for silence")
    void kicksAreSuppressedByTheFlag() {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        device.setUsedFlags(1);
        give(ring, readable(1));
        assertFalse(ring.publish());
        assertEquals(1, ring.usedFlags());
        device.setUsedFlags(0);
        give(ring, readable(1));
        assertTrue(ring.publish());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 65_533})
    @DisplayName("2.7.10: with EVENT_IDX, a notification exactly when avail_event is passed")
    void kicksFollowAvailEvent(int start) throws Exception {
        DriverQueue ring = ring(8, true);
        RingDevice device = device(ring, true);
        runTo(start, ring, device);
        device.setUsedFlags(1);
        int index = start;
        for (int added = 1; added <= 4; added++) {
            for (int event = -6; event < 6; event++) {
                device.setAvailEvent(index + event);
                for (int i = 0; i < added; i++) {
                    give(ring, readable(1));
                }
                assertEquals(event >= 0 && event < added, ring.publish(), added + " added, event at " + event);
                for (int i = 0; i < added; i++) {
                    device.serve(0);
                    assertTrue(ring.nextUsed());
                }
                index = index + added & 0xffff;
            }
        }
    }

    private static void runTo(int index, DriverQueue ring, RingDevice device) throws Exception {
        for (int i = 0; i < index; i++) {
            give(ring, readable(1));
            publish(ring);
            device.serve(0);
            assertTrue(ring.nextUsed());
        }
    }

    @Test
    @DisplayName("2.7.7: interrupts are asked for by the flag")
    void armsByTheFlag() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        ring.disarm();
        offerTwo(ring);
        device.serve(0);
        assertFalse(device.interruptWanted());
        assertTrue(ring.arm(), "a chain is there already");
        assertTrue(ring.nextUsed());
        assertFalse(ring.arm());
        device.serve(0);
        assertTrue(device.interruptWanted());
    }

    @Test
    @DisplayName("2.7.7: interrupts are asked for by used_event, and the flag stays 0")
    void armsByUsedEvent() throws Exception {
        DriverQueue ring = ring(8, true);
        RingDevice device = device(ring, true);
        ring.disarm();
        assertEquals(0xffff, device.usedEvent());
        offerTwo(ring);
        device.serve(0);
        assertFalse(device.interruptWanted());
        assertTrue(ring.arm());
        assertTrue(ring.nextUsed());
        assertFalse(ring.arm());
        assertEquals(1, device.usedEvent());
        assertTrue(device.interruptsWanted());
        device.serve(0);
        assertTrue(device.interruptWanted());
    }

    private static void offerTwo(DriverQueue ring) {
        give(ring, readable(1));
        give(ring, readable(1));
        publish(ring);
    }

    @Test
    void pendingCountsWhatCanBeTaken() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        assertEquals(0, ring.pending());
        offerTwo(ring);
        device.serve(0);
        device.serve(0);
        assertEquals(2, ring.pending());
        assertTrue(ring.nextUsed());
        assertEquals(1, ring.pending());
        assertEquals(1, ring.outstanding());
    }

    @ParameterizedTest
    @ValueSource(ints = {8, -1, 1, 5})
    void aHeadThatTheDeviceDoesNotHaveIsAViolation(int head) throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        int given = ring.add(blockRead(), ChainLayout.DIRECT);
        publish(ring);
        assertTrue(device.next().isPresent());
        device.use(head, 0);
        assertThrows(BackendViolation.class, ring::nextUsed);
        assertFalse(ring.nextUsed());
        assertEquals(0, given);
    }

    @Test
    void aChainUsedTwiceIsAViolation() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        offerTwo(ring);
        device.use(0, 0);
        device.use(0, 0);
        assertTrue(ring.nextUsed());
        assertThrows(BackendViolation.class, ring::nextUsed);
    }

    @Test
    void moreBytesThanTheChainTakesIsAViolationAndTheChainIsBackNevertheless() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        give(ring, blockRead());
        publish(ring);
        device.use(0, 514);
        assertThrows(BackendViolation.class, ring::nextUsed);
        assertEquals(8, ring.free());
        give(ring, blockRead());
        publish(ring);
        device.use(0, -1);
        assertThrows(BackendViolation.class, ring::nextUsed);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 100, 0xffff})
    void aUsedIndexAheadOfTheAvailableOneIsAViolation(int index) {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        give(ring, readable(1));
        publish(ring);
        give(ring, readable(1));
        device.setUsedIndex(index);
        assertThrows(BackendViolation.class, ring::nextUsed);
        assertThrows(BackendViolation.class, ring::pending);
        assertThrows(BackendViolation.class, ring::resume);
    }

    @Test
    void resumeGivesTheNextDeviceWhatTheLastOneDidNotUseInOrderOfTheOffers() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice first = device(ring, false);
        runTo(6, ring, first);
        int[] heads = new int[5];
        for (int i = 0; i < heads.length; i++) {
            heads[i] = ring.add(readable(1), ChainLayout.DIRECT);
        }
        publish(ring);
        first.use(heads[3], 0);
        assertTrue(ring.nextUsed());
        first.use(heads[1], 0);
        assertEquals(8, ring.resume());
        RingDevice second = device(ring, false);
        second.base(8);
        assertEquals(heads[0], second.next().orElseThrow().head());
        assertEquals(heads[2], second.next().orElseThrow().head());
        assertEquals(heads[4], second.next().orElseThrow().head());
        assertTrue(second.next().isEmpty());
        assertTrue(ring.nextUsed());
        assertEquals(heads[1], ring.usedHead());
        assertEquals(3, ring.outstanding());
    }

    @Test
    void resumeChangesNothingAfterADeviceThatUsedInOrder() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        runTo(7, ring, device);
        offerTwo(ring);
        device.serve(0);
        int index = device.availableIndex();
        int head = device.available(8);
        assertEquals(8, ring.resume());
        assertEquals(index, device.availableIndex());
        assertEquals(head, device.available(8));
    }

    @Test
    void theBaseLiesBetweenUsedAndAvailableIndex() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        runTo(3, ring, device);
        offerTwo(ring);
        ring.checkBase(3);
        ring.checkBase(5);
        for (int base : new int[] {2, 6, 0x1_0003, -1}) {
            assertThrows(BackendViolation.class, () -> ring.checkBase(base));
        }
    }

    @Test
    void resetForgetsEverything() throws Exception {
        DriverQueue ring = ring(8, true);
        RingDevice device = device(ring, true);
        runTo(3, ring, device);
        offerTwo(ring);
        ring.reset();
        assertEquals(8, ring.free());
        assertEquals(0, ring.outstanding());
        assertEquals(0, ring.resume());
        assertEquals(0, device.availableIndex());
        assertFalse(ring.nextUsed());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 65_536, -2})
    void ringSizesArePowersOfTwo(int size) {
        assertThrows(IllegalArgumentException.class, () -> new DriverQueueOptions(size, false, 0));
    }

    @Test
    void theLargestRingWorksAndTheSmallestToo() throws Exception {
        for (int size : new int[] {1, SplitRing.MAX_SIZE}) {
            memory.reset();
            DriverQueue ring = ring(size, true);
            RingDevice device = device(ring, true);
            for (int i = 0; i < size; i++) {
                give(ring, readable(1));
            }
            assertEquals(DriverQueue.NONE, ring.add(readable(1), ChainLayout.DIRECT));
            publish(ring);
            for (int i = 0; i < size; i++) {
                device.serve(0);
            }
            assertEquals(size, ring.pending());
        }
    }
}
