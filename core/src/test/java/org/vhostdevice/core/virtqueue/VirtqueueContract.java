package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.testkit.RingDriver;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// What holds for rings of either format.
abstract class VirtqueueContract extends RingTestBase {
    /// An empty ring of 7 or 8 descriptors.
    abstract RingDriver ring(boolean eventIndex);

    final void add(RingDriver ring, int id, int descriptors) {
        ring.add(id, Collections.nCopies(descriptors, piece(1, true)), Layout.DIRECT);
    }

    @Test
    void emptyRingHasNoChain() throws Exception {
        Virtqueue queue = ring(false).open();
        assertNull(queue.poll());
        assertFalse(queue.publish());
    }

    @Test
    void chainIsSeenUsedWithIdAndWrittenLengthOnceItIsPublished() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        ring.add(3, List.of(piece(5, false), piece(7, true)), Layout.DIRECT);
        DescriptorChain chain = take(queue);
        assertEquals(5, chain.readable().length());
        assertEquals(7, chain.writable().length());
        chain.complete(6);
        assertNull(ring.takeUsed());
        assertTrue(queue.publish());
        assertEquals(new Used(3, 6), ring.takeUsed());
        assertNull(ring.takeUsed());
    }

    @Test
    @DisplayName("P2: chains are seen used in the order of their completion, which may be any")
    void completionsMayComeInAnyOrder() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        add(ring, 4, 2);
        add(ring, 6, 1);
        add(ring, 0, 3);
        DescriptorChain first = take(queue);
        DescriptorChain second = take(queue);
        DescriptorChain third = take(queue);
        assertEquals(3, queue.inFlight());
        third.complete(0);
        first.complete(1);
        second.complete(0);
        queue.publish();
        assertEquals(new Used(0, 0), ring.takeUsed());
        assertEquals(new Used(4, 1), ring.takeUsed());
        assertEquals(new Used(6, 0), ring.takeUsed());
        assertEquals(0, queue.inFlight());
    }

    @Test
    void completingTwiceIsADevicesBug() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        add(ring, 0, 1);
        DescriptorChain chain = take(queue);
        chain.complete(0);
        assertThrows(IllegalStateException.class, () -> chain.complete(0));
    }

    @Test
    void moreWrittenThanThereIsRoomIsADevicesBug() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        add(ring, 0, 4);
        DescriptorChain chain = take(queue);
        assertThrows(IllegalArgumentException.class, () -> chain.complete(5));
        assertThrows(IllegalArgumentException.class, () -> chain.complete(-1));
        chain.complete(4);
    }

    @Test
    void indirectChainMayBeLongerThanTheRing() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        ring.add(0, Collections.nCopies(1000, piece(1, true)), Layout.INDIRECT);
        DescriptorChain chain = take(queue);
        assertEquals(1000, chain.writable().pieces());
        chain.complete(0);
    }

    @Test
    void bufferAcrossTwoRegionsIsOneRangeOfPositions() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        ring.add(0, List.of(new Piece(TestGuest.BORDER - 10, 20, false)), Layout.DIRECT);
        DescriptorChain chain = take(queue);
        assertEquals(20, chain.readable().length());
        assertEquals(2, chain.readable().pieces());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void chainThatArrivesBeforeNotificationsAreOnIsReported(boolean eventIndex) throws Exception {
        RingDriver ring = ring(eventIndex);
        Virtqueue queue = ring.open();
        queue.disableNotifications();
        assertNull(queue.poll());
        add(ring, 0, 2);
        assertTrue(queue.enableNotifications(1));
        take(queue).complete(0);
        assertFalse(queue.enableNotifications(1));
        assertEquals(eventIndex, ring.wantsEventNow());
    }

    @Test
    @DisplayName("2.7.10, 2.8.10: with EVENT_IDX the device may want a notification of several chains at once")
    void notificationOfSeveralChainsIsWantedAtTheLastOne() throws Exception {
        RingDriver ring = ring(true);
        Virtqueue queue = ring.open();
        int several = 3;
        for (int round = 0; round < 4 * ring.setup().size(); round++) {
            guest.resetTo(TestGuest.START);
            assertFalse(queue.enableNotifications(several));
            for (int i = 0; i < several; i++) {
                assertEquals(i == several - 1, ring.wantsEventNow());
                add(ring, i, 1);
            }
            for (int i = 0; i < several; i++) {
                take(queue).complete(0);
            }
            queue.publish();
            for (int i = 0; i < several; i++) {
                assertNotNull(ring.takeUsed());
            }
        }
    }

    @Test
    void tooMuchInFlightSaturatesTheRingUntilACompletion() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        List<Piece> pieces = Collections.nCopies(30_000, piece(1, true));
        long table = guest.mark();
        for (int id = 0; id < ring.setup().size(); id++) {
            guest.resetTo(table); // all chains share one table
            ring.add(id, pieces, Layout.INDIRECT);
        }
        DescriptorChain last = null;
        for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
            last = chain;
        }
        assertTrue(queue.inFlight() < ring.setup().size(), queue.inFlight() + " chains taken");
        assertTrue(queue.saturated());
        assertNotNull(last);
        last.complete(0);
        assertFalse(queue.saturated());
        assertNotNull(queue.poll());
    }

    @Test
    void newMemoryIsUsedForLaterChainsAndRefusedIfTheRingIsNotInIt() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        add(ring, 0, 1);
        DescriptorChain old = take(queue);
        GuestMemory same = GuestMemory.of(guest.memory().regions());
        queue.useMemory(same);
        assertEquals(2, queue.snapshots());
        GuestMemory none = GuestMemory.empty();
        assertThrows(GuestMemoryException.class, () -> queue.useMemory(none));
        add(ring, 1, 1);
        DescriptorChain later = take(queue);
        queue.releaseMemory();
        assertEquals(2, queue.snapshots());
        old.complete(1);
        queue.releaseMemory();
        assertEquals(1, queue.snapshots());
        later.complete(1);
        assertTrue(queue.publish());
        assertEquals(new Used(0, 1), ring.takeUsed());
        assertEquals(new Used(1, 1), ring.takeUsed());
        same.release();
        none.release();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("U9: every page that the device writes is marked, once it is visible that it was written")
    void everyWrittenPageIsMarked(boolean eventIndex) throws Exception {
        RingDriver ring = ring(eventIndex);
        Virtqueue queue = ring.open();
        try (TestLog log = new TestLog()) {
            queue.useLog(log.of(true, true, ring.setup().device()));
            long mark = guest.mark();
            for (int round = 0; round < 20; round++) {
                guest.resetTo(mark + 1500L * round);
                int count = 1 + round % 2;
                for (int id = 0; id < count; id++) {
                    ring.add(3 * id, List.of(piece(5000, false), piece(3000, true), piece(5000, true)), Layout.DIRECT);
                }
                byte[] before = guest.read(TestGuest.START, (int) TestGuest.REGION_BYTES);
                queue.disableNotifications();
                for (int id = 0; id < count; id++) {
                    DescriptorChain chain = take(queue);
                    chain.writable().writeByte(round, 1 + round);
                    chain.writable().writeByte(7999, 1 + round);
                    chain.complete(8000);
                }
                queue.publish();
                assertFalse(queue.enableNotifications(1));
                log.assertMarked(before, guest.read(TestGuest.START, (int) TestGuest.REGION_BYTES));
                for (int id = 0; id < count; id++) {
                    assertNotNull(ring.takeUsed());
                }
            }
        }
    }

    @Test
    @DisplayName("U9: buffers and ring are logged each when that is asked for")
    void buffersAndRingAreLoggedSeparately() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        Piece written = new Piece(guest.allocate(4096, 4096), 1, true);
        try (TestLog log = new TestLog()) {
            RingLog buffersOnly = log.of(true, false, 0);
            queue.useLog(buffersOnly);
            assertFalse(buffersOnly.takeMarked());
            ring.add(0, List.of(written), Layout.DIRECT);
            take(queue).complete(1);
            queue.publish();
            assertEquals(List.of(written.address()), log.takeMarks());
            assertTrue(buffersOnly.takeMarked());
            assertFalse(buffersOnly.takeMarked());
            queue.useLog(log.of(false, true, TestGuest.START + 100 * 4096));
            ring.add(1, List.of(written), Layout.DIRECT);
            take(queue).complete(1);
            queue.publish();
            queue.disableNotifications();
            List<Long> marks = log.takeMarks();
            assertTrue(marks.contains(TestGuest.START + 100 * 4096), marks::toString);
            assertFalse(marks.contains(written.address()), marks::toString);
            queue.useLog(null);
            ring.add(2, List.of(written), Layout.DIRECT);
            take(queue).complete(1);
            queue.publish();
            assertEquals(List.of(), log.takeMarks());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("U9: what the device says about notifications is marked as a write to the ring")
    void wishesForNotificationsAreMarked(boolean eventIndex) throws Exception {
        RingDriver ring = ring(eventIndex);
        Virtqueue queue = ring.open();
        try (TestLog log = new TestLog()) {
            long elsewhere = TestGuest.START + 100 * 4096;
            long split = 4 + 8L * ring.setup().size();
            boolean packed = ring.setup().features().has(VirtioFeature.RING_PACKED);
            // The page begins with the field that is written.
            long field = packed || !eventIndex ? 0 : split;
            queue.useLog(log.of(false, true, elsewhere - field));
            log.takeMarks();
            queue.enableNotifications(1);
            assertTrue(log.takeMarks().contains(elsewhere));
            queue.disableNotifications();
            assertEquals(!eventIndex, log.takeMarks().contains(elsewhere), "an old event keeps the driver quiet");
        }
    }

    @Test
    @DisplayName("U9: buffers of chains that the device gives up are marked, too")
    void chainsInFlightAreMarkedWhenTheyAreGivenUp() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        Piece written = new Piece(guest.allocate(4096, 4096), 1, true);
        try (TestLog log = new TestLog()) {
            ring.add(0, List.of(written), Layout.DIRECT);
            take(queue).writable().writeByte(0, 1);
            queue.markInFlight();
            queue.useLog(log.of(true, false, 0));
            queue.markInFlight();
            assertEquals(List.of(written.address()), log.takeMarks());
        }
    }

    @Test
    void chainsKeptForEverHoldNoMoreThanTheirOwnMemory() throws Exception {
        RingDriver ring = ring(false);
        Virtqueue queue = ring.open();
        add(ring, 0, 1);
        DescriptorChain kept = take(queue);
        for (int i = 0; i < 1000; i++) {
            changeMemory(queue);
            add(ring, 1, 1);
            DescriptorChain chain = take(queue);
            changeMemory(queue);
            chain.complete(1);
            queue.publish();
            queue.releaseMemory();
            assertEquals(2, queue.snapshots());
            assertEquals(new Used(1, 1), ring.takeUsed());
        }
        kept.complete(1);
        queue.releaseMemory();
        assertEquals(1, queue.snapshots());
        queue.close();
        assertEquals(0, queue.snapshots());
    }

    private void changeMemory(Virtqueue queue) throws GuestMemoryException {
        GuestMemory same = GuestMemory.of(guest.memory().regions());
        queue.useMemory(same);
        same.release();
    }

    @Test
    void abandonedRingIsNotTouchedByCompletions() throws Exception {
        RingDriver ring = ring(true);
        Virtqueue queue = ring.open();
        add(ring, 0, 2);
        DescriptorChain chain = take(queue);
        queue.abandon();
        byte[] before = guest.read(TestGuest.START, 1024);
        chain.complete(1);
        queue.publish();
        assertEquals(0, queue.inFlight());
        assertArrayEquals(before, guest.read(TestGuest.START, 1024));
    }
}
