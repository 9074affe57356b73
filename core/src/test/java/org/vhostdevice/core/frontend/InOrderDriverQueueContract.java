package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.frontend.RingDevice.Request;

/// What a driver's side does when IN_ORDER was agreed on.
abstract class InOrderDriverQueueContract extends DriverQueueContract {
    /// A chain that was offered, and how many bytes it takes.
    private record Given(int head, long writable) {}

    @RepeatedTest(50)
    void batchesAreTakenApartAndWhatWasSkippedIsFull(RandomGenerator random) throws Exception {
        DriverQueue ring = ring(randomSize(random), random.nextBoolean());
        RingDevice device = device(ring, false);
        Deque<Given> given = new ArrayDeque<>();
        List<Request> taken = new ArrayList<>();
        for (int round = 0; round < 300; round++) {
            while (random.nextInt(3) != 0) {
                Chain chain = random.nextBoolean() ? blockRead() : readable(1);
                int head = ring.add(chain, random.nextBoolean() ? ChainLayout.DIRECT : ChainLayout.INDIRECT);
                if (head != DriverQueue.NONE) {
                    given.add(new Given(head, chain.writableBytes()));
                }
            }
            publish(ring);
            while (random.nextInt(3) != 0) {
                device.next().ifPresent(taken::add);
            }
            int batch = taken.isEmpty() ? 0 : random.nextInt(taken.size() + 1);
            if (batch > 0) {
                useBatch(ring, device, taken.subList(0, batch), given);
            }
        }
    }

    private static void useBatch(DriverQueue ring, RingDevice device, List<Request> batch, Deque<Given> given)
            throws Exception {
        int chains = batch.size();
        device.useBatch(batch, 0);
        batch.clear();
        assertEquals(chains, ring.pending());
        for (int i = 1; i <= chains; i++) {
            Given expected = given.remove();
            assertTrue(ring.nextUsed());
            assertEquals(expected.head(), ring.usedHead());
            assertEquals(i == chains ? 0 : expected.writable(), ring.usedLength());
        }
        assertFalse(ring.nextUsed());
        assertEquals(given.size(), ring.outstanding());
    }

    @Test
    void theRestOfABatchIsThereAfterItsFirstChainWasTaken() throws Exception {
        DriverQueue ring = ring(8, true);
        RingDevice device = device(ring, true);
        offerTwo(ring);
        device.useBatch(List.of(device.next().orElseThrow(), device.next().orElseThrow()), 0);
        assertTrue(ring.nextUsed());
        assertTrue(ring.arm());
        assertEquals(1, ring.pending());
        assertEquals(baseAfter(2, 8), ring.resume());
        assertTrue(ring.nextUsed());
        assertFalse(ring.arm());
        assertFalse(ring.nextUsed());
    }

    @Test
    void aChainThatBelongedToAnEarlierBatchIsAViolation() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        offerTwo(ring);
        give(ring, readable(1));
        publish(ring);
        Request first = device.next().orElseThrow();
        device.useBatch(List.of(first, device.next().orElseThrow()), 0);
        device.use(first.head(), 0);
        assertTrue(ring.nextUsed());
        assertTrue(ring.nextUsed());
        assertThrows(BackendViolation.class, ring::nextUsed);
    }
}
