package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("VIRTIO 1.4, 2.7.9: the driver's side of a split ring with IN_ORDER")
class InOrderSplitDriverQueueTest extends InOrderDriverQueueContract {
    @Override
    DriverQueueOptions options(int size, boolean eventIdx, int indirectEntries) {
        return new DriverQueueOptions(size, eventIdx, indirectEntries, false, true);
    }

    @Override
    int baseAfter(int chains, int size) {
        return chains;
    }

    @Override
    int randomSize(RandomGenerator random) {
        return 1 << random.nextInt(1, 8);
    }

    @Test
    @DisplayName("2.7.5: chains take the descriptors in the order of the table")
    void chainsGoRoundTheTable() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        for (int i = 0; i < 20; i++) {
            give(ring, blockRead());
            publish(ring);
            RingDevice.Request request = device.next().orElseThrow();
            assertEquals(3 * i % 8, request.head());
            device.use(request.head(), 0);
            assertTrue(ring.nextUsed());
        }
    }

    @Test
    @DisplayName("2.7.9: a later chain for an earlier one, by an index that moved on by one, is a violation")
    void aChainOutOfOrderIsAViolation() throws Exception {
        DriverQueue ring = ring(8, false);
        RingDevice device = device(ring, false);
        offerTwo(ring);
        int first = device.next().orElseThrow().head();
        int second = device.next().orElseThrow().head();
        device.use(second, 0);
        assertThrows(BackendViolation.class, ring::nextUsed);
        device.use(first, 0);
        assertTrue(ring.nextUsed());
    }
}
