package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
class ByteRingTest {
    private static final int CAPACITY = 13;

    @Test
    void randomUseIsThatOfAQueueThatLosesTheOldest(RandomGenerator random) {
        ByteRing ring = new ByteRing(CAPACITY);
        Deque<Byte> model = new ArrayDeque<>();
        long first = 0;
        byte next = 0;
        for (int step = 0; step < 5000; step++) {
            long lost = 0;
            int count = random.nextInt(2 * CAPACITY);
            if (random.nextInt(3) == 0) {
                count = 1;
                lost = ring.add(next);
                model.add(next++);
            } else {
                byte[] bytes = new byte[count + 2];
                for (int i = 0; i < count; i++) {
                    bytes[i + 1] = next;
                    model.add(next++);
                }
                lost = ring.add(new TestOutput(bytes), 1, count);
            }
            assertEquals(Math.max(0, model.size() - CAPACITY), lost);
            for (; lost > 0; lost--) {
                byte _ = model.remove();
                first++;
            }
            int read = random.nextInt(model.size() + 1);
            if (random.nextInt(3) == 0) {
                ring.forget(first + read);
                for (int i = 0; i < read; i++) {
                    byte _ = model.remove();
                    first++;
                }
            }
            assertContent(ring, model, first);
        }
    }

    private static void assertContent(ByteRing ring, Deque<Byte> model, long first) {
        assertEquals(first, ring.first());
        assertEquals(model.size(), ring.length());
        assertEquals(CAPACITY - model.size(), ring.free());
        byte[] bytes = new byte[model.size()];
        ring.copy(first, MemorySegment.ofArray(bytes), bytes.length);
        int i = 0;
        for (byte each : model) {
            assertEquals(each, bytes[i++]);
        }
        RingOutput reader = new RingOutput(ring, first);
        assertEquals(!model.isEmpty(), reader.any());
        IoVecs vectors = reader.vectors();
        assertTrue(vectors.count() <= 2);
        assertEquals(model.size(), vectors.total());
    }

    @Test
    void readerThatLagsGoesOnBehindWhatIsLost() {
        ByteRing ring = new ByteRing(4);
        RingOutput reader = new RingOutput(ring, 0);
        long _ = ring.add(TestOutput.of("abcdef"), 0, 6);
        assertTrue(reader.any());
        assertEquals(2, reader.position());
        reader.skipAll();
        assertTrue(!reader.any());
    }
}
