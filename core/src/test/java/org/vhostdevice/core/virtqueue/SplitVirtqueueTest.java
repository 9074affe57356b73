package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

@DisplayName("Split virtqueue (VIRTIO 1.4, 2.7)")
class SplitVirtqueueTest {
    private static final int SIZE = 8;

    private TestGuest guest;

    @BeforeEach
    void mapGuest() throws Exception {
        guest = new TestGuest();
    }

    @AfterEach
    void unmapGuest() {
        guest.close();
    }

    private TestRing ring(boolean eventIndex) {
        return new TestRing(guest, SIZE, TestRing.features(eventIndex), 0);
    }

    private Piece piece(int length, boolean writable) {
        return new Piece(guest.allocate(length, 1), length, writable);
    }

    private static DescriptorChain take(Virtqueue queue) throws BrokenQueueException {
        DescriptorChain chain = queue.poll();
        assertNotNull(chain);
        return chain;
    }

    @Test
    void emptyRingHasNoChain() throws Exception {
        SplitVirtqueue queue = ring(false).open();
        assertNull(queue.poll());
        assertFalse(queue.publish());
    }

    @Test
    void usedEntryCarriesHeadAndWrittenLength() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        ring.add(3, List.of(piece(5, false), piece(7, true)), Layout.DIRECT);
        DescriptorChain chain = take(queue);
        assertEquals(5, chain.readable().length());
        assertEquals(7, chain.writable().length());
        chain.complete(6);
        assertEquals(0, ring.usedIndex(), "not visible before it is published");
        assertTrue(queue.publish());
        assertEquals(1, ring.usedIndex());
        assertEquals(3, ring.usedHead(0));
        assertEquals(6, ring.usedLength(0));
    }

    @Test
    void completionsMayComeInAnyOrder() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        for (int head = 0; head < 3; head++) {
            ring.add(head, List.of(piece(1, true)), Layout.DIRECT);
        }
        DescriptorChain first = take(queue);
        DescriptorChain second = take(queue);
        DescriptorChain third = take(queue);
        assertEquals(3, queue.inFlight());
        third.complete(0);
        first.complete(1);
        second.complete(0);
        queue.publish();
        assertEquals(List.of(2, 0, 1), List.of(ring.usedHead(0), ring.usedHead(1), ring.usedHead(2)));
        assertEquals(0, queue.inFlight());
        assertEquals(3, queue.base());
    }

    @Test
    void completingTwiceIsADevicesBug() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        ring.add(0, List.of(piece(1, true)), Layout.DIRECT);
        DescriptorChain chain = take(queue);
        chain.complete(0);
        assertThrows(IllegalStateException.class, () -> chain.complete(0));
    }

    @Test
    void moreWrittenThanThereIsRoomIsADevicesBug() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        ring.add(0, List.of(piece(4, true)), Layout.DIRECT);
        DescriptorChain chain = take(queue);
        assertThrows(IllegalArgumentException.class, () -> chain.complete(5));
        chain.complete(4);
    }

    @Test
    @DisplayName("S5: normal descriptors followed by an indirect one; S4: WRITE on the referring one means nothing")
    void normalDescriptorsThenAnIndirectOne() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        Piece first = piece(3, false);
        Piece second = piece(4, false);
        Piece third = piece(5, true);
        long table = guest.allocate(32, 16);
        ring.descriptor(table, 0, second.address(), 4, TestRing.NEXT, 1);
        ring.descriptor(table, 1, third.address(), 5, TestRing.WRITE, 0);
        ring.descriptor(0, first.address(), 3, TestRing.NEXT, 1);
        ring.descriptor(1, table, 32, TestRing.INDIRECT | TestRing.WRITE, 0);
        ring.makeAvailable(0);
        DescriptorChain chain = take(queue);
        assertEquals(7, chain.readable().length());
        assertEquals(5, chain.writable().length());
    }

    @Test
    void indirectChainMayBeLongerThanTheRing() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        Piece one = piece(1, true);
        ring.add(0, Collections.nCopies(1000, one), Layout.INDIRECT);
        DescriptorChain chain = take(queue);
        assertEquals(1000, chain.writable().pieces());
        chain.complete(0);
    }

    @Test
    void bufferAcrossTwoRegionsIsOneRangeOfPositions() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        ring.add(0, List.of(new Piece(TestGuest.BORDER - 10, 20, false)), Layout.DIRECT);
        DescriptorChain chain = take(queue);
        assertEquals(20, chain.readable().length());
        assertEquals(2, chain.readable().pieces());
    }

    @Test
    @DisplayName("S6: flags 0 notify, flags 1 do not; used_event is ignored")
    void withoutEventIndexFlagsDecide() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        ring.usedEvent(0x1234);
        assertTrue(completeOne(ring, queue));
        ring.availableFlags(1);
        assertFalse(completeOne(ring, queue));
        ring.availableFlags(0);
        assertTrue(completeOne(ring, queue));
    }

    @Test
    @DisplayName("S7: with EVENT_IDX used_event decides, also around the 65536 wrap; flags are ignored")
    void withEventIndexTheEventDecides() throws Exception {
        TestRing ring = new TestRing(guest, SIZE, TestRing.features(true), 65_530);
        SplitVirtqueue queue = ring.open();
        ring.availableFlags(1);
        for (int i = 0; i < 20; i++) {
            int next = (65_530 + i) & 0xffff;
            ring.usedEvent(i % 3 == 0 ? next : (next + 2) & 0xffff);
            assertEquals(i % 3 == 0, completeOne(ring, queue), "entry " + i);
        }
    }

    @Test
    @DisplayName("S10: used.flags is 0 or 1 without EVENT_IDX, 0 with it")
    void usedFlagsAskForNotifications() throws Exception {
        TestRing plain = ring(false);
        SplitVirtqueue queue = plain.open();
        queue.disableNotifications();
        assertEquals(1, plain.usedFlags());
        assertFalse(queue.enableNotifications());
        assertEquals(0, plain.usedFlags());

        TestRing indexed = ring(true);
        SplitVirtqueue indexedQueue = indexed.open();
        indexedQueue.disableNotifications();
        assertEquals(0, indexed.usedFlags());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void chainThatArrivesBeforeNotificationsAreOnIsReported(boolean eventIndex) throws Exception {
        TestRing ring = ring(eventIndex);
        SplitVirtqueue queue = ring.open();
        queue.disableNotifications();
        assertNull(queue.poll());
        ring.add(0, List.of(piece(1, true)), Layout.DIRECT);
        assertTrue(queue.enableNotifications());
        take(queue).complete(0);
        assertFalse(queue.enableNotifications());
        if (eventIndex) {
            assertEquals(1, ring.availableEvent());
        }
    }

    @Test
    void usedIndexIsNeverReadBackFromTheGuest() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        completeOne(ring, queue);
        ring.overwriteUsedIndex(777);
        completeOne(ring, queue);
        assertEquals(2, ring.usedIndex());
    }

    private boolean completeOne(TestRing ring, SplitVirtqueue queue) throws BrokenQueueException {
        ring.add(0, List.of(piece(1, true)), Layout.DIRECT);
        take(queue).complete(1);
        return queue.publish();
    }

    @Test
    void tooMuchInFlightSaturatesTheRingUntilACompletion() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        List<Piece> pieces = Collections.nCopies(30_000, piece(1, true));
        long table = guest.mark();
        for (int head = 0; head < SIZE; head++) {
            guest.resetTo(table); // all chains share one table
            ring.add(head, pieces, Layout.INDIRECT);
        }
        DescriptorChain last = null;
        int taken = 0;
        for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
            last = chain;
            taken++;
        }
        assertTrue(taken < SIZE, taken + " chains taken");
        assertTrue(queue.saturated());
        assertNotNull(last);
        last.complete(0);
        assertFalse(queue.saturated());
        assertNotNull(queue.poll());
    }

    @Test
    void newMemoryIsUsedForLaterChains() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        completeOne(ring, queue);
        GuestMemory same = GuestMemory.of(guest.memory().regions());
        queue.useMemory(same);
        assertTrue(completeOne(ring, queue));
        GuestMemory none = GuestMemory.empty();
        assertThrows(GuestMemoryException.class, () -> queue.useMemory(none));
        same.release();
        none.release();
    }

    @Test
    void ringOutsideMemoryOrMisalignedIsRefused() throws Exception {
        RingSetup good = ring(false).setup();
        long end = TestGuest.BORDER + TestGuest.REGION_BYTES;
        assertRefused(good.descriptors() + 8, good.driver(), good.device());
        assertRefused(good.descriptors(), good.driver() + 1, good.device());
        assertRefused(good.descriptors(), good.driver(), good.device() + 2);
        assertRefused(end - 16, good.driver(), good.device());
        assertRefused(good.descriptors(), end - 4, good.device());
        assertRefused(good.descriptors(), good.driver(), end - 4);
        assertRefused(good.descriptors(), TestGuest.BORDER - 4, good.device());
    }

    private void assertRefused(long descriptors, long driver, long device) {
        RingSetup setup = new RingSetup(SIZE, TestRing.features(false), descriptors, driver, device);
        assertThrows(GuestMemoryException.class, () -> new SplitVirtqueue(setup, guest.memory(), 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 3, 6, 65_536, 1L << 40})
    void ringSizeIsAPowerOfTwoUpTo32768(long size) {
        assertFalse(RingSetup.isValidSize(size));
    }
}
