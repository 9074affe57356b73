package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;

@DisplayName("Packed virtqueue (VIRTIO 1.4, 2.8)")
class PackedVirtqueueTest extends VirtqueueContract {
    private static final int SIZE = 7;

    @Override
    PackedRing ring(boolean eventIndex) {
        return new PackedRing(guest, SIZE, TestRing.features(eventIndex), 0, true);
    }

    @Test
    @DisplayName("2.8.3: WRITE in a used descriptor says whether anything was written")
    void nothingWrittenIsSaidByTheWriteFlag() throws Exception {
        PackedRing ring = ring(false);
        PackedVirtqueue queue = ring.open();
        add(ring, 0, 1);
        take(queue).complete(0);
        queue.publish();
        assertEquals(PackedRing.AVAIL | PackedRing.USED, ring.usedFlags());
        ring.takeUsed();
        add(ring, 0, 1);
        take(queue).complete(1);
        queue.publish();
        assertEquals(PackedRing.AVAIL | PackedRing.USED | TestRing.WRITE, ring.usedFlags());
    }

    @Test
    @DisplayName("2.8.7: in a table WRITE is the only flag; on the descriptor that refers to it WRITE means nothing")
    void tableIsReadInItsOrderAndOtherFlagsAreIgnored() throws Exception {
        PackedRing ring = ring(false);
        PackedVirtqueue queue = ring.open();
        ring.add(2, List.of(piece(3, false), piece(4, false), piece(5, true)), Layout.MIXED);
        DescriptorChain chain = take(queue);
        assertEquals(2, chain.readable().pieces());
        assertEquals(7, chain.readable().length());
        assertEquals(5, chain.writable().length());
    }

    @Test
    @DisplayName("P4: a descriptor is not used before its AVAIL flag is seen to change, in either turn")
    void flagsOfTheOtherTurnAreNotAvailable() throws Exception {
        for (boolean wrap : new boolean[] {true, false}) {
            PackedRing ring = new PackedRing(guest, SIZE, TestRing.features(false), SIZE - 1, wrap);
            PackedVirtqueue queue = ring.open();
            for (int flags : new int[] {0, PackedRing.AVAIL | PackedRing.USED, ring.available(0) ^ 0x8080}) {
                ring.descriptor(0, guest.allocate(1, 1), 1, 0, flags);
                assertNull(queue.poll());
            }
            add(ring, 0, 1);
            take(queue).complete(0);
            queue.publish();
            assertNotNull(ring.takeUsed());
            assertNull(queue.poll());
        }
    }

    @Test
    @DisplayName("P5: nothing is changed in a used descriptor after its flags, nor in those that are skipped")
    void usedDescriptorsStayAsTheyAre() throws Exception {
        PackedRing ring = ring(false);
        PackedVirtqueue queue = ring.open();
        add(ring, 0, 3);
        add(ring, 1, 2);
        long start = ring.setup().descriptors();
        byte[] before = guest.read(start, 16 * SIZE);
        take(queue).complete(1);
        queue.publish();
        byte[] after = guest.read(start, 16 * SIZE);
        take(queue).complete(1);
        queue.publish();
        byte[] last = guest.read(start, 16 * SIZE);
        for (int i = 0; i < before.length; i++) {
            boolean first = i >= 8 && i < 16; // length, id and flags
            boolean second = i >= 16 * 3 + 8 && i < 16 * 3 + 16;
            assertTrue(first || before[i] == after[i], "byte " + i + " after the first chain");
            assertTrue(second || after[i] == last[i], "byte " + i + " after the second chain");
        }
    }

    @Test
    @DisplayName("base: bits 0-14 available index, 15 its wrap counter, 16-30 used index, 31 its wrap counter")
    void baseGoesOnWhereItWas() throws Exception {
        PackedRing ring = ring(false);
        PackedVirtqueue queue = ring.open();
        assertEquals(1 << 15 | 1 << 31, queue.base());
        add(ring, 0, 5);
        DescriptorChain chain = take(queue);
        assertEquals(5 | 1 << 15 | 1 << 31, queue.base());
        chain.complete(0);
        assertEquals(5 | 1 << 15 | 5 << 16 | 1 << 31, queue.base());
        queue.publish();
        ring.takeUsed();
        add(ring, 0, 4);
        take(queue).complete(0);
        queue.publish();
        ring.takeUsed();
        assertEquals(2 | 2 << 16, queue.base());
        PackedVirtqueue next = new PackedVirtqueue(ring.setup(), guest.memory(), queue.base());
        add(ring, 0, 1);
        take(next).complete(1);
        next.publish();
        assertEquals(new Used(0, 1), ring.takeUsed());
    }

    @ParameterizedTest
    @ValueSource(ints = {1 << 15, 0})
    void baseWithoutUsedHalfOrWrapCountersIsAFreshRing(int base) throws Exception {
        PackedRing ring = ring(false);
        PackedVirtqueue queue = new PackedVirtqueue(ring.setup(), guest.memory(), base);
        assertEquals(1 << 15 | 1 << 31, queue.base());
        add(ring, 0, SIZE);
        assertNotNull(queue.poll());
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                SIZE | SIZE << 16, // both outside the ring
                SIZE | 1 << 15 | 1 << 31,
                1 << 15 | SIZE << 16 | 1 << 31,
                1 << 15 | 1 << 16 | 1 << 31, // used ahead of available
                2 | 1 << 16 | 1 << 31, // more than the ring in flight
                0x7fff,
                0x7fff_0000,
                -1
            })
    void baseThatCannotBeIsRefused(int base) {
        RingSetup setup = ring(false).setup();
        assertThrows(GuestMemoryException.class, () -> Virtqueue.open(setup, guest.memory(), base));
    }

    @Test
    void usedPositionIsNeverReadBackFromTheGuest() throws Exception {
        PackedRing ring = ring(false);
        PackedVirtqueue queue = ring.open();
        add(ring, 0, 1);
        take(queue).complete(1);
        guest.write(ring.setup().descriptors(), new byte[16 * SIZE]);
        queue.publish();
        ring.takeUsed();
        add(ring, 1, 1);
        take(queue).complete(1);
        queue.publish();
        assertEquals(new Used(1, 1), ring.takeUsed());
    }

    @Test
    void ringOutsideMemoryOrMisalignedIsRefused() {
        RingSetup good = ring(false).setup();
        long end = TestGuest.BORDER + TestGuest.REGION_BYTES;
        assertRefused(good.descriptors() + 8, good.driver(), good.device());
        assertRefused(good.descriptors(), good.driver() + 2, good.device());
        assertRefused(good.descriptors(), good.driver(), good.device() + 2);
        assertRefused(end - 16, good.driver(), good.device());
        assertRefused(good.descriptors(), end, good.device());
        assertRefused(good.descriptors(), good.driver(), end);
        assertRefused(TestGuest.BORDER - 16, good.driver(), good.device());
    }

    private void assertRefused(long descriptors, long driver, long device) {
        RingSetup setup = new RingSetup(SIZE, ring(false).setup().features(), descriptors, driver, device);
        assertThrows(GuestMemoryException.class, () -> Virtqueue.open(setup, guest.memory(), 1 << 15));
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, true", "3, true", "6, true", "32767, true", "32768, true", "32769, false", "-1, false"})
    void ringSizeIsAnyNumberFrom1To32768(long size, boolean valid) {
        FeatureSet packed = FeatureSet.NONE.with(VirtioFeature.RING_PACKED);
        assertEquals(valid, RingSetup.isValidSize(size, packed));
    }
}
