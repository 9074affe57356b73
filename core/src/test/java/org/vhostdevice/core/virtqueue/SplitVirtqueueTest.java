package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

@DisplayName("Split virtqueue (VIRTIO 1.4, 2.7)")
class SplitVirtqueueTest extends VirtqueueContract {
    private static final int SIZE = 8;

    @Override
    TestRing ring(boolean eventIndex) {
        return new TestRing(guest, SIZE, TestRing.features(eventIndex), 0);
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
    void isUnheededUntilTheDriverAsksForAnotherEvent() throws Exception {
        TestRing ring = ring(true);
        SplitVirtqueue queue = ring.open();
        ring.usedEvent(0);
        assertFalse(queue.unheeded());
        assertTrue(completeOne(ring, queue));
        assertTrue(queue.unheeded());
        assertFalse(completeOne(ring, queue));
        assertTrue(queue.unheeded(), "the driver has still not looked");
        ring.usedEvent(2);
        assertTrue(completeOne(ring, queue));
        ring.usedEvent(3);
        assertFalse(queue.unheeded(), "the driver has looked");
        ring.usedEvent(5);
        assertFalse(completeOne(ring, queue));
        assertFalse(queue.unheeded(), "the driver was not notified");
    }

    @Test
    void withoutEventIndexNobodyKnowsWhetherTheDriverLooked() throws Exception {
        TestRing ring = ring(false);
        SplitVirtqueue queue = ring.open();
        assertTrue(completeOne(ring, queue));
        assertFalse(queue.unheeded());
    }

    @Test
    @DisplayName("S10: used.flags is 0 or 1 without EVENT_IDX, 0 with it")
    void usedFlagsAskForNotifications() throws Exception {
        TestRing plain = ring(false);
        SplitVirtqueue queue = plain.open();
        queue.disableNotifications();
        assertEquals(1, plain.usedFlags());
        assertFalse(queue.enableNotifications(1));
        assertEquals(0, plain.usedFlags());

        TestRing indexed = ring(true);
        SplitVirtqueue indexedQueue = indexed.open();
        indexedQueue.disableNotifications();
        assertEquals(0, indexed.usedFlags());
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
        assertFalse(RingSetup.isValidSize(size, TestRing.features(false)));
    }
}
