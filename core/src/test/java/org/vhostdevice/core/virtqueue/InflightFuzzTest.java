package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// A ring starts on any bytes as its in-flight record: the first byte of an input says what kind of ring it is, the
/// second the used index or base, the others are the record. If the first byte's highest bit is set, it is said to be
/// valid, for so many descriptors.
@ExtendWith(Seeded.class)
class InflightFuzzTest {
    private static final int SIZE = 8;

    private static TestGuest guest;

    @BeforeAll
    static void mapGuest() throws Exception {
        guest = new TestGuest();
    }

    @AfterAll
    static void unmapGuest() {
        guest.close();
    }

    @FuzzTest(maxDuration = "10m")
    void anyRecordIsTakenUpOrBegunAnew(byte[] input) throws Exception {
        if (input.length < 2) {
            return;
        }
        guest.resetTo(TestGuest.START);
        boolean packed = (input[0] & 1) != 0;
        FeatureSet features = TestRing.features((input[0] & 2) != 0);
        features = (input[0] & 4) != 0 ? features.with(VirtioFeature.IN_ORDER) : features;
        RingDriver ring = packed
                ? new PackedRing(guest, SIZE, features, input[1] & 7, (input[1] & 8) != 0)
                : new TestRing(guest, SIZE, features, Byte.toUnsignedInt(input[1]));
        Layout layout = (input[0] & 8) != 0 ? Layout.INDIRECT : Layout.DIRECT;
        for (int id = 0; id < SIZE; id += 2) {
            ring.add(id, List.of(new Piece(TestGuest.BORDER, 16, false), new Piece(TestGuest.BORDER, 8, true)), layout);
        }
        MemorySegment memory = area(ring, input);
        if (input[0] < 0) {
            memory.set(InflightLayout.U16, InflightLayout.VERSION, (short) 1);
            memory.set(InflightLayout.U16, InflightLayout.DESC_NUM, (short) SIZE);
        }
        var area = new InflightArea(memory, SIZE, true);
        int base = packed ? ((PackedRing) ring).base() : Byte.toUnsignedInt(input[1]);
        serve(Virtqueue.open(ring.setup(), guest.memory(), base, area));
        serve(Virtqueue.open(ring.setup(), guest.memory(), base, area));
    }

    private static MemorySegment area(RingDriver ring, byte[] input) {
        long bytes = InflightArea.bytes(SIZE, ring.setup().features());
        MemorySegment memory = guest.at(guest.allocate(bytes, 64), bytes).fill((byte) 0);
        int given = (int) Math.min(bytes, input.length - 2);
        MemorySegment.copy(input, 2, memory, ValueLayout.JAVA_BYTE, 0, given);
        return memory;
    }

    private static void serve(Virtqueue queue) {
        List<DescriptorChain> held = new ArrayList<>();
        try {
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                held.add(chain);
                assertTrue(held.size() <= SIZE);
            }
            boolean _ = queue.enableNotifications(1);
        } catch (BrokenQueueException e) {
            assertTrue(held.size() <= SIZE);
        }
        assertEquals(held.size(), queue.inFlight());
        held.forEach(chain -> chain.complete(chain.writable().length()));
        assertEquals(0, queue.inFlight());
        boolean _ = queue.publish();
        queue.abandon();
    }

    /// Bytes that are often small numbers reach further than any others.
    @RepeatedTest(20)
    void randomRecordIsTakenUpOrBegunAnew(RandomGenerator random) throws Exception {
        byte[] input = new byte[2 + (int) InflightArea.bytes(SIZE, new FeatureSet(-1))];
        for (int round = 0; round < 2_000; round++) {
            random.nextBytes(input);
            int zeroes = random.nextInt(5);
            for (int i = 2; i < input.length; i++) {
                if (random.nextInt(5) < zeroes) {
                    input[i] = 0;
                } else if (random.nextInt(8) != 0) {
                    input[i] &= SIZE - 1;
                }
            }
            anyRecordIsTakenUpOrBegunAnew(input);
        }
    }
}
