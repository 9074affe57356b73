package org.vhostdevice.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.testkit.Seeded;

@DisplayName("Guest memory")
@ExtendWith(Seeded.class)
class GuestMemoryTest {
    private static final long PAGE = 65_536;

    private static GuestRegion region(long guest, long frontend, long size) throws IOException {
        try (SharedMemory shared = SharedMemory.create("memory-test", size)) {
            return new GuestRegion(guest, frontend, MappedRegion.map(shared.fd(), 0, size, true));
        }
    }

    @Test
    void translatesFrontEndAddressesInsideOneRegion() throws Exception {
        GuestRegion region = region(PAGE, -4 * PAGE, PAGE);
        GuestMemory memory = GuestMemory.of(List.of(region));
        assertEquals(PAGE + 5, memory.toGuestAddress(-4 * PAGE + 5, PAGE - 5));
        assertThrows(GuestMemoryException.class, () -> memory.toGuestAddress(-4 * PAGE + 5, PAGE - 4));
        assertThrows(GuestMemoryException.class, () -> memory.toGuestAddress(-4 * PAGE - 1, 1));
        assertThrows(GuestMemoryException.class, () -> memory.toGuestAddress(-4 * PAGE, 0));
        assertThrows(GuestMemoryException.class, () -> memory.toGuestAddress(-4 * PAGE, -1));
        memory.release();
        region.mapping().release();
    }

    @Test
    void overlapInGuestOrInFrontEndAddressesIsRefused() throws Exception {
        GuestRegion one = region(0, 0, 2 * PAGE);
        GuestRegion sameGuest = region(PAGE, 100 * PAGE, PAGE);
        GuestRegion sameFrontend = region(50 * PAGE, PAGE, 4 * PAGE);
        GuestRegion next = region(2 * PAGE, 2 * PAGE, PAGE);
        assertThrows(GuestMemoryException.class, () -> GuestMemory.of(List.of(one, sameGuest)));
        assertThrows(GuestMemoryException.class, () -> GuestMemory.of(List.of(sameFrontend, one)));
        GuestMemory touching = GuestMemory.of(List.of(next, one));
        assertEquals(List.of(one, next), touching.regions());
        touching.release();
        for (GuestRegion region : List.of(one, sameGuest, sameFrontend, next)) {
            region.mapping().release();
        }
    }

    @Test
    void addressesThatWrapAroundAreRefused() throws Exception {
        GuestRegion good = region(0, 0, PAGE);
        MappedRegion mapping = good.mapping();
        assertThrows(IllegalArgumentException.class, () -> new GuestRegion(-PAGE, 0, mapping));
        assertThrows(IllegalArgumentException.class, () -> new GuestRegion(Long.MAX_VALUE - 5, 0, mapping));
        assertThrows(IllegalArgumentException.class, () -> new GuestRegion(0, -5, mapping));
        assertEquals(-PAGE, new GuestRegion(0, -PAGE, mapping).frontendAddress(), "up to the last address");
        mapping.release();
    }

    @Test
    void regionStaysMappedUntilTheLastSnapshotIsReleased() throws Exception {
        GuestRegion region = region(0, 0, PAGE);
        GuestMemory before = GuestMemory.of(List.of(region));
        region.mapping().release();
        before.retain();
        GuestMemory after = before.without(0, 0, PAGE);
        before.release();
        assertTrue(region.segment().scope().isAlive());
        before.release();
        assertFalse(region.segment().scope().isAlive());
        assertThrows(IllegalStateException.class, before::release);
        after.release();
    }

    @Test
    void regionIsRemovedByAllThreeNumbers() throws Exception {
        GuestRegion region = region(PAGE, 5 * PAGE, PAGE);
        GuestMemory memory = GuestMemory.of(List.of(region));
        assertThrows(GuestMemoryException.class, () -> memory.without(PAGE, 5 * PAGE, PAGE - 1));
        assertThrows(GuestMemoryException.class, () -> memory.without(PAGE, 4 * PAGE, PAGE));
        assertThrows(GuestMemoryException.class, () -> memory.without(0, 5 * PAGE, PAGE));
        GuestMemory empty = memory.without(PAGE, 5 * PAGE, PAGE);
        assertEquals(List.of(), empty.regions());
        empty.release();
        memory.release();
        region.mapping().release();
    }

    @RepeatedTest(20)
    void findGivesTheRegionWithTheAddressWhateverTheHint(RandomGenerator random) throws Exception {
        List<GuestRegion> regions = new ArrayList<>();
        long at = 0;
        for (int i = 0; i < random.nextInt(1, 12); i++) {
            at += random.nextInt(3) * PAGE;
            long size = random.nextInt(1, 3) * PAGE;
            regions.add(region(at, at, size));
            at += size;
        }
        Collections.shuffle(regions, Random.from(random));
        GuestMemory memory = GuestMemory.of(regions);
        for (int i = 0; i < 500; i++) {
            long address = random.nextLong(-PAGE, at + PAGE);
            int found = memory.find(address, random.nextInt(regions.size() + 1));
            boolean exists = regions.stream()
                    .anyMatch(r -> address >= r.guestAddress() && address - r.guestAddress() < r.size());
            assertEquals(exists, found >= 0, () -> "address " + address);
            if (found >= 0) {
                assertTrue(memory.start(found) <= address && address < memory.start(found) + memory.size(found));
            }
        }
        memory.release();
        regions.forEach(region -> region.mapping().release());
    }
}
