package org.vhostdevice.console.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vhostdevice.console.end.EndLoop;
import org.vhostdevice.console.end.FdEnd;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;

/// Bytes through a port make no garbage of their own once their path is compiled.
class AllocationTest {
    private static final int WARM_UP = 60_000;
    private static final int CHAINS = 20_000;
    private static final int MOST_ROUNDS = 50;
    private static final int DATA = 4096;

    /// A slice of the segment for `errno`, which the JDK makes in each system call and its compiler does not always
    /// remove.
    private static final long JDK_BYTES = 40;

    private static final long MOST = (JDK_BYTES + 1) * CHAINS;
    private static final ThreadMXBean MINE = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void outputAllocatesNothingOfOurs() throws Exception {
        assertAllocatesNothing(1);
    }

    @Test
    void inputAllocatesNothingOfOurs() throws Exception {
        assertAllocatesNothing(0);
    }

    private static void assertAllocatesNothing(int index) throws Exception {
        Ports ports = new Ports(1, () -> {});
        try (TestGuest guest = new TestGuest();
                TestContext context = new TestContext(index, TestRing.features(true))) {
            FdEnd end = new FdEnd(
                    "bytes",
                    FileIo.open(Path.of("/dev/zero"), OpenMode.READ_ONLY),
                    FileIo.open(Path.of("/dev/null"), OpenMode.APPEND));
            ports.add(0, new Port(PortTraits.of(""), end), new EndLoop());
            TestRing ring = new TestRing(guest, 16, TestRing.features(true), 0);
            SplitVirtqueue queue = ring.open();
            int _ = ring.add(0, List.of(new Piece(guest.allocate(DATA, 8), DATA, index == 0)), Layout.DIRECT);
            QueueHandler handler = ports.start(context);
            if (index == 0) {
                ports.port(0).readable();
            }
            serve(ring, queue, handler, WARM_UP);
            long bytes = Long.MAX_VALUE;
            for (int round = 0; bytes > MOST && round < MOST_ROUNDS; round++) { // the compiler takes its time
                long before = MINE.getCurrentThreadAllocatedBytes();
                serve(ring, queue, handler, CHAINS);
                bytes = MINE.getCurrentThreadAllocatedBytes() - before;
            }
            assertTrue(bytes <= MOST, bytes + " bytes for " + CHAINS + " chains");
            handler.close();
            queue.close();
        } finally {
            ports.close();
        }
    }

    /// Serves the chain of the ring again and again.
    private static void serve(TestRing ring, SplitVirtqueue queue, QueueHandler handler, int chains) throws Exception {
        for (int i = 0; i < chains; i++) {
            assertTrue(handler.ready());
            DescriptorChain chain = queue.poll();
            assertNotNull(chain);
            handler.handle(chain);
            handler.batchEnd();
            boolean _ = queue.publish();
            ring.makeAvailable(0);
        }
        assertEquals(0, queue.inFlight());
    }
}
