package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.memory.GuestMemory;

class MemoryGenerationsTest {
    private final List<GuestMemory> snapshots = new ArrayList<>();
    private final MemoryGenerations generations = new MemoryGenerations();

    /// A snapshot that only the ring holds.
    private void begin() {
        GuestMemory memory = GuestMemory.empty();
        generations.begin(memory);
        memory.release();
        snapshots.add(memory);
    }

    private boolean released(int snapshot) {
        try {
            snapshots.get(snapshot).release();
        } catch (IllegalStateException e) {
            return true;
        }
        throw new AssertionError("snapshot " + snapshot + " was held still");
    }

    @Test
    void snapshotIsReleasedWithItsLastChain() {
        begin();
        int first = generations.taken();
        assertEquals(first, generations.taken());
        begin();
        generations.releaseUnused();
        generations.returned(first);
        generations.releaseUnused();
        assertEquals(2, generations.held());
        generations.returned(first);
        generations.releaseUnused();
        assertEquals(1, generations.held());
        assertTrue(released(0));
    }

    @Test
    void roomEndsWhenEverySnapshotIsInUse() {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < MemoryGenerations.MAX; i++) {
            assertTrue(generations.hasRoom());
            begin();
            numbers.add(generations.taken());
        }
        generations.releaseUnused();
        assertFalse(generations.hasRoom());
        assertEquals(MemoryGenerations.MAX, numbers.stream().distinct().count());
        generations.returned(numbers.get(7));
        generations.releaseUnused();
        assertTrue(generations.hasRoom());
        assertTrue(released(7));
        begin();
        assertEquals(numbers.get(7), generations.taken());
        generations.releaseAll();
        assertEquals(0, generations.held());
        assertThrows(IllegalStateException.class, () -> snapshots.getLast().release());
    }
}
