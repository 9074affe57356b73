package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

/// What every driver's side of a ring does, whatever its format.
@ExtendWith(Seeded.class)
abstract class DriverQueueContract {
    static final int INDIRECT = 16;
    static final long BUFFERS = 0x1_0000;

    FrontendMemory memory;

    @BeforeEach
    void makeMemory() throws Exception {
        memory =
                FrontendMemory.create(List.of(new RegionPlan(BUFFERS, 0x10_0000), new RegionPlan(1L << 40, 0x10_0000)));
    }

    @AfterEach
    void freeMemory() {
        memory.close();
    }

    /// What the rings to be tested are like.
    abstract DriverQueueOptions options(int size, boolean eventIdx, int indirectEntries);

    DriverQueue ring(int size, boolean eventIdx) {
        return DriverQueue.allocate(options(size, eventIdx, INDIRECT), memory);
    }

    /// Where the ring stands after so many chains of one descriptor, all used, as SET_VRING_BASE has it.
    abstract int baseAfter(int chains, int size);

    RingDevice device(DriverQueue ring, boolean eventIdx) {
        return RingDevice.of(ring, memory, eventIdx);
    }

    static Chain readable(int length) {
        var chain = new Chain();
        chain.readable(BUFFERS, length);
        return chain;
    }

    static Chain blockRead() {
        var chain = new Chain();
        chain.readable(BUFFERS, 16);
        chain.writable(BUFFERS + 4096, 512);
        chain.writable(BUFFERS + 16, 1);
        return chain;
    }

    static void give(DriverQueue ring, Chain chain) {
        int head = ring.add(chain, ring.free() < chain.count() ? ChainLayout.INDIRECT : ChainLayout.DIRECT);
        assertNotEquals(DriverQueue.NONE, head);
    }

    static void publish(DriverQueue ring) {
        boolean _ = ring.publish();
    }

    @RepeatedTest(100)
    void chainsOfAnyLayoutReachTheDeviceAsGiven(RandomGenerator random) throws Exception {
        DriverQueue ring = ring(randomSize(random), random.nextBoolean());
        RingDevice device = device(ring, false);
        Deque<List<Piece>> expected = new ArrayDeque<>();
        for (int round = 0; round < 200; round++) {
            Chain chain = new Chain();
            List<Piece> pieces = randomPieces(random, chain);
            ChainLayout layout = randomLayout(random, pieces.size());
            int before = ring.free();
            int head = ring.add(chain, layout);
            assertEquals(before < ring.descriptors(pieces.size(), layout), head == DriverQueue.NONE);
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

    /// A size that the format allows.
    abstract int randomSize(RandomGenerator random);

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
            device.use(request.head(), 513);
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
        assertThrows(IllegalStateException.class, () -> ring.offer(head + 3));
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

    static void runTo(int index, DriverQueue ring, RingDevice device) throws Exception {
        for (int i = 0; i < index; i++) {
            give(ring, readable(1));
            publish(ring);
            device.serve(0);
            assertTrue(ring.nextUsed());
        }
    }

    @Test
    @DisplayName("2.7.7, 2.8.10: without EVENT_IDX, interrupts are asked for by the flags")
    void armsByTheFlags() throws Exception {
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

    static void offerTwo(DriverQueue ring) {
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
    @ValueSource(ints = {8, 0xffff, 1, 5})
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
        int head = device.next().orElseThrow().head();
        device.use(head, 0);
        device.use(head, 0);
        assertTrue(ring.nextUsed());
        assertThrows(BackendViolation.class, ring::nextUsed);
    }

    @Test
    void moreBytesThanTheChainTakesIsAViolationAndTheChainIsBackNevertheless() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        give(ring, blockRead());
        publish(ring);
        device.serve(514);
        assertThrows(BackendViolation.class, ring::nextUsed);
        assertEquals(8, ring.free());
        give(ring, blockRead());
        publish(ring);
        device.serve(-1);
        assertThrows(BackendViolation.class, ring::nextUsed);
        assertEquals(8, ring.free());
        assertEquals(0, ring.outstanding());
    }

    @Test
    void resumeChangesNothingAfterADeviceThatUsedInOrder() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        runTo(7, ring, device);
        offerTwo(ring);
        device.serve(0);
        byte[] before = parts(ring);
        assertEquals(baseAfter(8, 8), ring.resume());
        assertArrayEquals(before, parts(ring));
        RingDevice next = device(ring, false);
        next.base(baseAfter(8, 8));
        next.serve(0);
        assertTrue(next.next().isEmpty());
        assertEquals(2, ring.pending());
    }

    private byte[] parts(DriverQueue ring) {
        RingAddresses at = ring.addresses();
        MemorySegment all = MemorySegment.ofArray(new byte[16 * ring.size() + 8]);
        all.copyFrom(memory.slice(at.descriptors(), 16L * ring.size()));
        all.asSlice(16L * ring.size()).copyFrom(memory.slice(at.available(), 4));
        all.asSlice(16L * ring.size() + 4).copyFrom(memory.slice(at.used(), 4));
        return all.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void resumePublishesWhatWasOffered() throws Exception {
        DriverQueue ring = ring(8, false);
        give(ring, readable(1));
        assertEquals(baseAfter(0, 8), ring.resume());
        RingDevice device = device(ring, false);
        device.serve(0);
        assertTrue(ring.nextUsed());
        assertFalse(ring.publish());
    }

    @Test
    void aChainThatWasNotPublishedCannotComeBack() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        give(ring, readable(1));
        publish(ring);
        int head = ring.add(readable(1), ChainLayout.DIRECT);
        device.use(head, 0);
        assertThrows(BackendViolation.class, ring::nextUsed);
    }

    @Test
    @DisplayName("2.7.7, 2.8.10: what the device says about kicks is followed")
    void kicksAreSuppressedByTheFlags() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        device.silence(true);
        give(ring, readable(1));
        assertFalse(ring.publish());
        assertEquals(1, ring.usedFlags());
        device.silence(false);
        give(ring, readable(1));
        assertTrue(ring.publish());
        assertEquals(0, ring.usedFlags());
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
        assertEquals(baseAfter(0, 8), ring.resume());
        RingDevice next = device(ring, true);
        assertTrue(next.next().isEmpty());
        assertFalse(ring.nextUsed());
        runTo(20, ring, next);
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
