package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

@DisplayName("A warm ring allocates nothing")
class RingAllocationTest {
    private static final int WARM_UP = 20_000;
    private static final int CHAINS = 5_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final FeatureSet features = TestRing.features(true).with(VirtioFeature.IN_ORDER);

    @ParameterizedTest
    @EnumSource(names = {"DIRECT", "INDIRECT"})
    void splitRing(Layout layout) throws Exception {
        try (TestGuest guest = new TestGuest()) {
            assertNothingAllocated(guest, new TestRing(guest, 4, features, 0), layout);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"DIRECT", "INDIRECT"})
    void packedRing(Layout layout) throws Exception {
        try (TestGuest guest = new TestGuest()) {
            assertNothingAllocated(guest, new PackedRing(guest, 5, features, 0, true), layout);
        }
    }

    private void assertNothingAllocated(TestGuest guest, RingDriver ring, Layout layout) throws Exception {
        Virtqueue queue = ring.open();
        long mark = guest.mark();
        List<Piece> pieces = List.of(
                new Piece(TestGuest.BORDER, 16, false),
                new Piece(TestGuest.BORDER - 8, 4096, true),
                new Piece(TestGuest.BORDER + 5000, 1, true));
        long allocated = 0;
        for (int i = 0; i < WARM_UP + CHAINS; i++) {
            guest.resetTo(mark);
            ring.add(0, pieces, layout);
            ring.requestEvent(0);
            long bytes = allocatedByServing(queue);
            allocated += i < WARM_UP ? 0 : bytes;
            assertNotNull(ring.takeUsed());
        }
        // The run time itself allocates a little now and then, when it compiles again.
        assertTrue(allocated < CHAINS, allocated + " bytes for " + CHAINS + " chains");
    }

    private long allocatedByServing(Virtqueue queue) throws BrokenQueueException {
        long before = threads.getCurrentThreadAllocatedBytes();
        queue.disableNotifications();
        DescriptorChain chain = queue.poll();
        chain.writable().writeByte(4096, 0);
        chain.complete(4097);
        queue.publish();
        queue.enableNotifications(1);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
