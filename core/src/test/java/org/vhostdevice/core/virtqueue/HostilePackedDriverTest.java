package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.vhostdevice.core.testkit.TestRing.INDIRECT;
import static org.vhostdevice.core.testkit.TestRing.NEXT;
import static org.vhostdevice.core.testkit.TestRing.WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;

@DisplayName("A malformed packed ring is refused, whatever it holds")
@ExtendWith(Seeded.class)
class HostilePackedDriverTest extends RingTestBase {
    private static final int SIZE = 6;

    private PackedRing ring;
    private PackedVirtqueue queue;
    private long buffer;

    @BeforeEach
    void openRing() throws Exception {
        ring = new PackedRing(guest, SIZE, TestRing.features(false), 0, true);
        queue = ring.open();
        buffer = guest.allocate(64, 16);
    }

    private void assertBroken() {
        int before = queue.inFlight();
        assertThrows(BrokenQueueException.class, queue::poll);
        assertEquals(before, queue.inFlight());
    }

    /// Makes one descriptor available that is a chain of its own.
    private void one(long address, long length, int flags) {
        ring.descriptor(0, address, length, 0, flags | ring.available(0));
    }

    /// Makes a chain of several descriptors available whose last one has this id.
    private void chain(int count, int id) {
        for (int i = 0; i < count; i++) {
            int next = i + 1 < count ? NEXT : 0;
            ring.descriptor(i, buffer, 4, id, ring.available(i) | next);
        }
        ring.skip(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {SIZE, SIZE + 1, 32_768, 65_535})
    void idNotLessThanTheRingSize(int id) {
        chain(1, id);
        assertBroken();
    }

    @Test
    void idThatIsInFlight() throws Exception {
        chain(2, 4);
        assertNotNull(queue.poll());
        chain(1, 4);
        assertBroken();
    }

    @Test
    void idOnlyOfTheLastDescriptorMatters() throws Exception {
        ring.descriptor(0, buffer, 4, 0xffff, ring.available(0) | NEXT);
        ring.descriptor(1, buffer, 4, 5, ring.available(1));
        assertNotNull(queue.poll());
    }

    @Test
    void chainThatNeverEnds() {
        for (int i = 0; i < SIZE; i++) {
            ring.descriptor(i, buffer, 4, 0, ring.available(i) | NEXT);
        }
        assertBroken();
    }

    @Test
    void chainThatGoesOnInDescriptorsInFlight() throws Exception {
        chain(SIZE - 2, 0);
        assertNotNull(queue.poll());
        chain(3, 1); // overwrites the first one in flight
        assertBroken();
    }

    @Test
    void moreAvailableThanTheRingHas() throws Exception {
        for (int id = 0; id < SIZE; id++) {
            chain(1, id);
            assertNotNull(queue.poll());
        }
        assertNull(queue.poll());
        chain(1, 0);
        assertBroken();
    }

    @Test
    void chainLongerThanWhatWasGivenBack() throws Exception {
        chain(2, 0);
        chain(4, 1);
        assertNotNull(queue.poll());
        DescriptorChain second = queue.poll();
        assertNotNull(second);
        second.complete(0);
        queue.publish();
        chain(5, 1);
        assertBroken();
    }

    @Test
    void descriptorsReusedBeforeTheDriverWasToldThatTheyAreUsed() throws Exception {
        chain(SIZE, 0);
        DescriptorChain taken = queue.poll();
        assertNotNull(taken);
        taken.complete(0);
        chain(1, 1);
        assertBroken();
        queue.publish();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, PackedRing.AVAIL | PackedRing.USED, PackedRing.USED})
    void chainThatGoesOnInADescriptorThatIsNotAvailable(int flags) {
        one(buffer, 4, NEXT);
        ring.descriptor(1, buffer, 4, 0, flags);
        assertBroken();
    }

    @Test
    void chainAcrossTheEndOfTheRingWithoutChangeOfTheWrapCounter() throws Exception {
        chain(SIZE - 1, 0);
        DescriptorChain taken = queue.poll();
        assertNotNull(taken);
        taken.complete(0);
        queue.publish();
        int flags = ring.available(0);
        ring.descriptor(0, buffer, 4, 1, flags | NEXT);
        ring.descriptor(1, buffer, 4, 1, flags);
        assertBroken();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 8, 15, 17, 0xffff_ffffL, 0xffff_fff0L, 16 * 32_769L})
    void indirectTableOfAnOddSizeOrTooLong(long bytes) {
        one(TestGuest.BORDER, bytes, INDIRECT);
        assertBroken();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, TestGuest.BORDER - 16, TestGuest.BORDER + TestGuest.REGION_BYTES, -16})
    void indirectTableOutsideOneRegion(long address) {
        one(address, 32, INDIRECT);
        assertBroken();
    }

    @Test
    void indirectWithANextOne() {
        one(buffer, 16, INDIRECT | NEXT);
        ring.descriptor(1, buffer, 16, 0, ring.available(1));
        assertBroken();
    }

    @Test
    void indirectAfterAnotherOne() {
        ring.entry(buffer, 0, buffer, 4, WRITE);
        one(buffer, 4, NEXT);
        ring.descriptor(1, buffer, 16, 0, ring.available(1) | INDIRECT);
        assertBroken();
    }

    @Test
    void indirectThatWasNotNegotiated() throws Exception {
        ring = new PackedRing(guest, SIZE, FeatureSet.NONE.with(VirtioFeature.VERSION_1), 0, true);
        queue = ring.open();
        one(buffer, 16, INDIRECT);
        assertBroken();
    }

    @Test
    void indirectInsideIndirectIsABufferLikeAnyOther() throws Exception {
        ring.entry(buffer, 0, buffer, 16, INDIRECT | NEXT);
        one(buffer, 16, INDIRECT);
        DescriptorChain chain = queue.poll();
        assertNotNull(chain);
        assertEquals(16, chain.readable().length());
    }

    @Test
    void readableAfterWritable() {
        one(buffer, 4, NEXT | WRITE);
        ring.descriptor(1, buffer, 4, 0, ring.available(1));
        assertBroken();
    }

    @Test
    void readableAfterWritableInATable() {
        ring.entry(buffer, 0, buffer, 4, WRITE);
        ring.entry(buffer, 1, buffer, 4, 0);
        one(buffer, 32, INDIRECT);
        assertBroken();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, TestGuest.START - 1, TestGuest.BORDER + TestGuest.REGION_BYTES, Long.MIN_VALUE, -1})
    void bufferOutsideMemory(long address) {
        one(address, 2, 0);
        assertBroken();
    }

    @Test
    void moreThanFourGigabytesInOneChain() {
        // 5000 times one mebibyte: no single buffer is wrong, the sum is
        long table = guest.allocate(16 * 5000, 16);
        for (int i = 0; i < 5000; i++) {
            ring.entry(table, i, TestGuest.BORDER, TestGuest.REGION_BYTES, WRITE);
        }
        one(table, 16 * 5000, INDIRECT);
        assertBroken();
    }

    @RepeatedTest(200)
    void anyBytesAreARingOrBrokenAndTheDeviceGoesOnUnharmed(RandomGenerator random) throws Exception {
        ring = new PackedRing(guest, SIZE, TestRing.features(random.nextBoolean()), 0, true);
        queue = ring.open();
        List<DescriptorChain> taken = new ArrayList<>();
        try {
            for (int step = 0; step < 500; step++) {
                scribble(random);
                DescriptorChain chain = queue.poll();
                if (chain != null) {
                    taken.add(chain);
                }
                if (!taken.isEmpty() && random.nextInt(3) == 0) {
                    DescriptorChain done = taken.remove(random.nextInt(taken.size()));
                    done.complete(done.writable().length());
                }
                if (random.nextInt(4) == 0) {
                    queue.publish();
                }
            }
        } catch (BrokenQueueException e) {
            assertNotNull(e.getMessage());
        }
        assertTrue(queue.inFlight() <= SIZE);
        assertEquals(taken.size(), queue.inFlight());
        taken.forEach(chain -> chain.complete(0));
        queue.publish();
        assertEquals(0, queue.inFlight());
    }

    private void scribble(RandomGenerator random) {
        int flags = random.nextInt(8) == 0 ? random.nextInt(65_536) : random.nextInt(4); // NEXT and WRITE
        int turn = random.nextBoolean() ? PackedRing.AVAIL : PackedRing.USED;
        int id = random.nextInt(20) == 0 ? random.nextInt(65_536) : random.nextInt(SIZE);
        long address = buffer + random.nextInt(48);
        ring.descriptor(random.nextInt(SIZE), address, random.nextInt(3) * 16L, id, turn | (flags & 0x7f7f));
        ring.driverEvent(random.nextInt(4), random.nextInt(65_536));
    }
}
