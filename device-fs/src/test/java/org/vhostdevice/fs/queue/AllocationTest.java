package org.vhostdevice.fs.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.device.IoThreads;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.fuse.FuseServer;
import org.vhostdevice.fs.fuse.Wire;
import org.vhostdevice.fs.passthrough.PassthroughFileSystem;
import org.vhostdevice.fs.passthrough.PassthroughOptions;

/// The path of a READ or WRITE makes no garbage of its own once it is compiled.
class AllocationTest {
    private static final int WARM_UP = 60_000;
    private static final int REQUESTS = 20_000;
    private static final int DATA = 4096;

    /// A slice of the segment for `errno`, which the JDK makes in each system call and its compiler does not always
    /// remove.
    private static final long JDK_BYTES = 40;

    private static final long MOST = (JDK_BYTES + 1) * REQUESTS;
    private static final int MOST_ROUNDS = 50;
    private static final ThreadMXBean MINE = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final int CREATE_HEAD = 0;
    private static final int READ_HEAD = 4;
    private static final int WRITE_HEAD = 8;

    private final TestGuest guest = new TestGuest();

    AllocationTest() throws Exception {}

    @Test
    void readsAndWritesAllocateNothingOfOurs(@TempDir Path folder) throws Exception {
        assumeTrue(Capability.NOWAIT_IO.available(), "other threads read and write");
        Files.setAttribute(folder, "unix:mode", 0777); // the guest's user may write to it
        try (guest;
                TestContext context = new TestContext(1, FeatureSet.NONE);
                IoThreads threads = new IoThreads(1, "test");
                PassthroughFileSystem files = PassthroughFileSystem.open(PassthroughOptions.of(folder))) {
            TestRing ring = new TestRing(guest, 16, TestRing.features(true), 0);
            SplitVirtqueue queue = ring.open();
            FsQueue handler =
                    new FsQueue(context, new FuseServer(files, FuseOptions.DEFAULT), threads, new LockWaits());
            long handle = create(ring, queue, handler);
            long _ = add(ring, READ_HEAD, arguments(15, handle), 16 + DATA);
            long _ = add(ring, WRITE_HEAD, arguments(16, handle), 24);
            serve(ring, queue, handler, WARM_UP);
            long bytes = Long.MAX_VALUE;
            for (int round = 0; bytes > MOST && round < MOST_ROUNDS; round++) { // the compiler takes its time
                long before = MINE.getCurrentThreadAllocatedBytes();
                serve(ring, queue, handler, REQUESTS);
                bytes = MINE.getCurrentThreadAllocatedBytes() - before;
            }
            assertTrue(bytes <= MOST, bytes + " bytes for " + REQUESTS + " requests");
            handler.close();
        }
    }

    private long create(TestRing ring, SplitVirtqueue queue, FsQueue handler) throws Exception {
        long _ = add(ring, CREATE_HEAD, Wire.init(), 80);
        handle(queue, handler);
        byte[] body = Wire.le().u32(2).u32(0100644).u64(0).text("file").bytes();
        long answer = add(ring, CREATE_HEAD, Wire.request(35, 2, 1, body), 160);
        handle(queue, handler);
        assertEquals(160, Wire.number(guest.read(answer, 160), 0)); // and no error
        return Wire.number(guest.read(answer, 160), 16 + 128);
    }

    private static byte[] arguments(int opcode, long handle) {
        Wire body = Wire.le().u64(handle).u64(0).u32(DATA).u32(0).u64(0).u64(0);
        return Wire.request(
                opcode, 4, 1, opcode == 16 ? body.raw("x".repeat(DATA)).bytes() : body.bytes());
    }

    /// Adds a request, its arguments in front of its data in a buffer of their own.
    ///
    /// @return where its answer goes
    private long add(TestRing ring, int head, byte[] request, int room) {
        long at = guest.allocate(request.length, 8);
        guest.write(at, request);
        long answer = guest.allocate(room, 8);
        int first = Math.min(80, request.length);
        List<Piece> pieces = List.of(
                new Piece(at, first, false),
                new Piece(at + first, request.length - first, false),
                new Piece(answer, 16, true),
                new Piece(answer + 16, room - 16, true));
        int _ = ring.add(head, pieces, Layout.DIRECT);
        return answer;
    }

    private static void handle(SplitVirtqueue queue, FsQueue handler) throws Exception {
        DescriptorChain chain = queue.poll();
        assertNotNull(chain);
        handler.handle(chain);
        handler.batchEnd();
        boolean _ = queue.publish();
    }

    /// Serves the two requests of the ring again and again.
    private static void serve(TestRing ring, SplitVirtqueue queue, FsQueue handler, int requests) throws Exception {
        for (int i = 0; i < requests; i++) {
            handle(queue, handler);
            ring.makeAvailable(i % 2 == 0 ? READ_HEAD : WRITE_HEAD);
        }
        assertEquals(0, queue.inFlight());
    }
}
