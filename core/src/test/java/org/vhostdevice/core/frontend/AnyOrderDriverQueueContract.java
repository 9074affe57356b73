package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a driver's side does when the device need not use chains in order.
abstract class AnyOrderDriverQueueContract extends DriverQueueContract {
    @Test
    void resumeGivesTheNextDeviceWhatTheLastOneDidNotUseInOrderOfTheOffers() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice first = device(ring, false);
        runTo(6, ring, first);
        int[] heads = new int[5];
        for (int i = 0; i < heads.length; i++) {
            heads[i] = ring.add(readable(1), ChainLayout.DIRECT);
        }
        publish(ring);
        takeAll(first);
        first.use(heads[3], 0);
        assertTrue(ring.nextUsed());
        first.use(heads[1], 0);
        assertEquals(baseAfter(8, 8), ring.resume());
        RingDevice second = device(ring, false);
        second.base(baseAfter(8, 8));
        assertEquals(heads[0], second.next().orElseThrow().head());
        assertEquals(heads[2], second.next().orElseThrow().head());
        assertEquals(heads[4], second.next().orElseThrow().head());
        assertTrue(second.next().isEmpty());
        assertTrue(ring.nextUsed());
        assertEquals(heads[1], ring.usedHead());
        assertEquals(3, ring.outstanding());
    }

    private static void takeAll(RingDevice device) {
        boolean more = true;
        while (more) {
            more = device.next().isPresent();
        }
    }

    /// All orders of four chains of one to three descriptors, twice around the ring.
    @Test
    void chainsComeBackInAnyOrder() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        for (int order = 0; order < 4 * 3 * 2; order++) {
            Deque<Integer> expected = new ArrayDeque<>();
            List<Integer> heads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Chain chain = i == order % 4 ? blockRead() : readable(i + 1);
                heads.add(ring.add(chain, ChainLayout.DIRECT));
            }
            publish(ring);
            takeAll(device);
            for (int left = 4, code = order; left > 0; code /= left, left--) {
                int head = heads.remove(/* index */ code % left);
                device.use(head, 0);
                expected.add(head);
            }
            assertEquals(4, ring.pending());
            for (int head : expected) {
                assertTrue(ring.nextUsed());
                assertEquals(head, ring.usedHead());
            }
            assertEquals(8, ring.free());
        }
    }
}
