package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.blk.queue.BlkQueue;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.WriteCache;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.virtqueue.BrokenQueueException;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;

/// Arbitrary descriptors and header bytes: nothing throws, each chain comes back exactly once.
///
/// An input is one byte of options, [#PREFIX] bytes that the guest's buffers begin with, then descriptors: a byte of
/// kind (the flags NEXT, WRITE, INDIRECT; 8: a full address follows, else an offset of 16 bits; 16: a full length,
/// else 16 bits; 32: the descriptor is a head), address, length, and a byte for the next one.
class BlkRequestFuzzTest {
    private static final int RING = 16;
    private static final int PREFIX = 64;
    private static final int BUFFERS = 8192;
    private static final int MEDIUM = 4096;

    @FuzzTest
    void everyChainComesBackOnce(byte[] input) throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN);
        int options = bytes.hasRemaining() ? bytes.get() : 0;
        try (TestGuest guest = new TestGuest()) {
            TestRing ring = new TestRing(guest, RING, TestRing.features((options & 4) != 0), 0);
            SplitVirtqueue queue = ring.open();
            fill(guest, ring, bytes);
            TestStorage storage = new TestStorage(MEDIUM, (options & 1) != 0);
            long features = (options & 2) != 0 ? BlkFeature.FLUSH.mask() : 0;
            features |= (options & 8) != 0 ? BlkFeature.DISCARD.mask() | BlkFeature.WRITE_ZEROES.mask() : 0;
            Disk.Host host = new Disk.Host(Runnable::run, (_, task) -> task.run());
            Disk disk = new Disk(storage, Disk.id("fuzz"), new WriteCache(true), Disk.Policy.DEFAULT, null, host);
            try (TestContext context = TestContext.forFiles(0, new FeatureSet(features))) {
                serve(queue, new BlkQueue(disk, context, RING));
            } finally {
                queue.close(); // it holds guest memory
            }
        }
    }

    private static void fill(TestGuest guest, TestRing ring, ByteBuffer bytes) {
        long buffers = guest.allocate(BUFFERS, 16);
        byte[] prefix = new byte[Math.min(PREFIX, bytes.remaining())];
        bytes.get(prefix);
        guest.write(buffers, prefix);
        List<Integer> heads = new ArrayList<>();
        for (int i = 0; i < RING && bytes.hasRemaining(); i++) {
            byte[] fixed = new byte[14]; // the longest descriptor; missing bytes are 0
            int available = Math.min(fixed.length, bytes.remaining());
            bytes.get(bytes.position(), fixed, 0, available);
            ByteBuffer entry = ByteBuffer.wrap(fixed).order(ByteOrder.LITTLE_ENDIAN);
            int kind = entry.get();
            long address = (kind & 8) != 0 ? entry.getLong() : buffers + (entry.getShort() & (BUFFERS - 1));
            long length =
                    (kind & 16) != 0 ? Integer.toUnsignedLong(entry.getInt()) : Short.toUnsignedInt(entry.getShort());
            ring.descriptor(i, address, length, kind & 7, entry.get() & (2 * RING - 1));
            if ((kind & 32) != 0) {
                heads.add(i);
            }
            bytes.position(bytes.position() + Math.min(available, entry.position()));
        }
        heads.forEach(ring::makeAvailable);
    }

    private static void serve(SplitVirtqueue queue, BlkQueue executor) {
        try {
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                executor.handle(chain); // completing twice throws
                assertEquals(0, queue.inFlight());
            }
        } catch (BrokenQueueException e) {
            assertEquals(0, queue.inFlight());
        }
        boolean _ = queue.publish();
        executor.close();
    }
}
