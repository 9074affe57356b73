package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
class PieceAreaTest {
    private static final long ADDRESS = 0x10_0000;

    private final MemorySegment memory = MemorySegment.ofArray(new byte[4000]);
    private final PieceArea area = new PieceArea(ADDRESS, memory, 100);

    @RepeatedTest(50)
    void aStreamComesOutAsItWentInAndTheGuardsSeeEveryStrayByte(RandomGenerator random) {
        int gap = random.nextInt(1, 9);
        int first = random.nextInt(20);
        boolean[] inside = new boolean[4000];
        int total = cut(random, gap, first, inside);
        byte[] stream = new byte[total];
        random.nextBytes(stream);
        int split = random.nextInt(total + 1);
        area.write(0, MemorySegment.ofArray(stream).asSlice(0, split));
        area.write(split, MemorySegment.ofArray(stream).asSlice(split));
        byte[] back = new byte[total];
        area.read(0, MemorySegment.ofArray(back));
        assertArrayEquals(stream, back);
        assertTrue(area.guardsIntact(gap));
        int stray = random.nextInt(lastByte(inside) + gap + 1);
        memory.set(ValueLayout.JAVA_BYTE, stray, (byte) 0x11);
        assertEquals(inside[stray], area.guardsIntact(gap));
    }

    private int cut(RandomGenerator random, int gap, int first, boolean[] inside) {
        area.clear(first);
        int total = 0;
        int pieces = random.nextInt(1, 20);
        for (int i = 0; i < pieces; i++) {
            int length = random.nextInt(1, 100);
            int start = (int) (area.add(length, gap) - ADDRESS);
            for (int j = start; j < start + length; j++) {
                assertFalse(inside[j]);
                inside[j] = true;
            }
            total += length;
        }
        return total;
    }

    private static int lastByte(boolean[] inside) {
        int last = inside.length - 1;
        while (!inside[last]) {
            last--;
        }
        return last;
    }

    @Test
    void whatDoesNotFitIsRefused() {
        area.clear(0);
        assertThrows(IllegalArgumentException.class, () -> area.add(4001, 0));
        assertThrows(IllegalArgumentException.class, () -> area.add(3999, 2));
        for (int i = 0; i < 100; i++) {
            assertEquals(ADDRESS + i, area.add(1, 0));
        }
        assertThrows(IllegalArgumentException.class, () -> area.add(1, 0));
    }
}
