package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;

class FrontendMemoryTest {
    private static final long K64 = RegionPlan.ALIGNMENT;
    private static final RegionPlan LOW = new RegionPlan(K64, 2 * K64);
    private static final RegionPlan HIGH = new RegionPlan(1L << 40, K64, 3 * K64);

    @Test
    void anotherMappingOfTheDescriptorsAtTheOffsetsToldShowsTheSameMemory() throws Exception {
        try (FrontendMemory memory = FrontendMemory.create(List.of(LOW, HIGH))) {
            for (int i = 0; i < 2; i++) {
                MemoryRegion region = memory.regions().get(i);
                OwnedFd file = memory.descriptors().get(i);
                try (MappedRegion other = MappedRegion.map(file, region.mmapOffset(), region.size(), true)) {
                    memory.slice(region.guestAddress() + 8, 8).set(ValueLayout.JAVA_LONG, 0, 42 + i);
                    assertEquals(42 + i, other.segment().get(ValueLayout.JAVA_LONG, 8));
                }
            }
        }
    }

    @Test
    void frontEndAddressesAreNotGuestAddresses() throws Exception {
        try (FrontendMemory memory = FrontendMemory.create(List.of(LOW, HIGH))) {
            MemoryRegion high = memory.regions().get(1);
            assertEquals(HIGH.guestAddress(), high.guestAddress());
            assertNotEquals(high.guestAddress(), high.frontendAddress());
            assertEquals(high.frontendAddress() + 100, memory.toFrontendAddress(HIGH.guestAddress() + 100));
            assertThrows(IllegalArgumentException.class, () -> memory.toFrontendAddress(0));
            assertThrows(IllegalArgumentException.class, () -> memory.toFrontendAddress(HIGH.guestAddress() + K64));
        }
    }

    @Test
    void allocationsAreAlignedAndMoveOnToTheNextRegion() throws Exception {
        try (FrontendMemory memory = FrontendMemory.create(List.of(LOW, HIGH))) {
            assertEquals(K64, memory.allocate(1, 1));
            assertEquals(K64 + 4096, memory.allocate(K64, 4096));
            assertEquals(1L << 40, memory.allocate(K64, 4096), "no room for as much in the first");
            assertEquals(2 * K64 + 4096, memory.allocate(1, 2));
            assertEquals(2 * K64 + 8192, memory.allocateIn(0, 10, 8192));
            assertThrows(IllegalStateException.class, () -> memory.allocateIn(1, 1, 1));
            assertThrows(IllegalStateException.class, () -> memory.allocate(K64, 1));
            memory.reset();
            assertEquals(K64, memory.allocate(1, 1));
        }
    }

    @Test
    void slicesStayInsideOneRegion() throws Exception {
        try (FrontendMemory memory = FrontendMemory.create(List.of(LOW, HIGH))) {
            assertEquals(2 * K64, memory.slice(K64, 2 * K64).byteSize());
            assertThrows(IllegalArgumentException.class, () -> memory.slice(K64, 2 * K64 + 1));
            assertThrows(IllegalArgumentException.class, () -> memory.slice(K64 - 1, 1));
            assertThrows(IllegalArgumentException.class, () -> memory.slice(K64, -1));
        }
    }

    @Test
    void regionNumbersAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new RegionPlan(0, 0));
        assertThrows(IllegalArgumentException.class, () -> new RegionPlan(-K64, K64));
        assertThrows(IllegalArgumentException.class, () -> new RegionPlan(1, K64));
        assertThrows(IllegalArgumentException.class, () -> new RegionPlan(Long.MAX_VALUE - K64 + 1, 2 * K64));
    }
}
