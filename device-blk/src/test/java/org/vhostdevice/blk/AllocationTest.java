package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.blk.queue.BlkQueue;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.WriteCache;
import org.vhostdevice.blk.storage.FileSpec;
import org.vhostdevice.blk.storage.FileStorage;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;

/// The path of a request makes no garbage of its own once it is compiled.
class AllocationTest {
    private static final int WARM_UP = 60_000;
    private static final int REQUESTS = 20_000;

    /// A slice of the segment for `errno`, which the JDK makes in each system call and its compiler does not always
    /// remove.
    private static final int JDK_BYTES = 40;

    @Test
    void readsAndWritesAllocateNothingOfOurs(@TempDir Path folder) throws Exception {
        FileSpec spec = new FileSpec(folder.resolve("disk.img"), false, 1 << 20, false, true, true);
        try (TestGuest guest = new TestGuest();
                TestContext context = TestContext.forFiles(0, new FeatureSet(BlkFeature.FLUSH.mask()));
                FileStorage image = FileStorage.open(spec)) {
            TestRing ring = new TestRing(guest, 16, TestRing.features(true), 0);
            SplitVirtqueue queue = ring.open();
            addRequest(guest, ring, BlkRig.T_IN, true);
            addRequest(guest, ring, BlkRig.T_OUT, false);
            Disk.Host host = new Disk.Host(Runnable::run, (_, task) -> task.run());
            Disk disk = new Disk(image, Disk.id(""), new WriteCache(true), Disk.Policy.DEFAULT, null, host);
            BlkQueue executor = new BlkQueue(disk, context, 16);
            serve(ring, queue, executor, WARM_UP);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadAllocatedBytes();
            serve(ring, queue, executor, REQUESTS);
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(bytes < (JDK_BYTES + 1) * REQUESTS, bytes + " bytes for " + REQUESTS + " requests");
            executor.close();
        }
    }

    private static void addRequest(TestGuest guest, TestRing ring, int type, boolean writable) {
        long header = guest.allocate(16, 16);
        guest.write(header, BlkRig.request(type, 8));
        List<Piece> pieces = List.of(
                new Piece(header, 16, false),
                new Piece(guest.allocate(4096, 512), 4096, writable),
                new Piece(guest.allocate(1, 1), 1, true));
        int _ = ring.add(writable ? 0 : 3, pieces, Layout.DIRECT);
    }

    /// Serves the two requests of the ring again and again.
    private static void serve(TestRing ring, SplitVirtqueue queue, BlkQueue executor, int requests) throws Exception {
        for (int i = 0; i < requests; i++) {
            DescriptorChain chain = queue.poll();
            assertNotNull(chain);
            executor.handle(chain);
            executor.batchEnd();
            boolean _ = queue.publish();
            ring.makeAvailable(i % 2 == 0 ? 0 : 3);
        }
        assertEquals(0, queue.inFlight());
    }
}
