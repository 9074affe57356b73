package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

@DisplayName("G16: with IN_ORDER chains are given back in the order in which they were made available")
class InOrderTest {
    private static final FeatureSet FEATURES = TestRing.features(false).with(VirtioFeature.IN_ORDER);

    private static RingDriver ring(TestGuest guest, boolean packed) {
        return packed ? new PackedRing(guest, 4, FEATURES, 3, false) : new TestRing(guest, 4, FEATURES, 65_535);
    }

    private static DescriptorChain addAndTake(RingDriver ring, Virtqueue queue, int id) throws BrokenQueueException {
        ring.add(id, List.of(new Piece(TestGuest.BORDER, 9, true)), Layout.DIRECT);
        DescriptorChain chain = queue.poll();
        assertNotNull(chain);
        return chain;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void completedChainWaitsForThoseBeforeIt(boolean packed) throws Exception {
        try (TestGuest guest = new TestGuest()) {
            RingDriver ring = ring(guest, packed);
            Virtqueue queue = ring.open();
            DescriptorChain first = addAndTake(ring, queue, 2);
            DescriptorChain second = addAndTake(ring, queue, 0);
            DescriptorChain third = addAndTake(ring, queue, 1);
            second.complete(5);
            assertFalse(queue.publish());
            assertNull(ring.takeUsed());
            assertEquals(3, queue.inFlight());
            assertThrows(IllegalStateException.class, () -> second.complete(5));
            first.complete(4);
            assertTrue(queue.publish());
            assertEquals(1, queue.inFlight());
            assertEquals(new Used(2, 4), ring.takeUsed());
            assertEquals(new Used(0, 5), ring.takeUsed());
            assertNull(ring.takeUsed());
            third.complete(6);
            queue.publish();
            assertEquals(new Used(1, 6), ring.takeUsed());
        }
    }
}
