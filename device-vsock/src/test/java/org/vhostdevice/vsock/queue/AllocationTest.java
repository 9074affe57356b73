package org.vhostdevice.vsock.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;
import org.vhostdevice.vsock.host.UnixPorts;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

/// The way of data there and back makes no garbage of its own once it is compiled.
@Timeout(120)
class AllocationTest {
    private static final int WARM_UP = 40_000;
    private static final int ROUNDS = 10_000;
    private static final int DATA = 512;
    private static final int SMALL = 1 << 30;

    /// Slices of the segment for `errno`, which the JDK makes in system calls and its compiler does not always
    /// remove: five calls a round.
    private static final long MOST = (5 * 40 + 1) * (long) ROUNDS;

    private static final int MOST_TRIES = 50;
    private static final ThreadMXBean MINE = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private Path folder;

    private final TestGuest guest = new TestGuest();
    private final SocketIo io = new SocketIo();
    private final IoVecs vectors = new IoVecs(1);
    private final PacketHeader header = new PacketHeader();
    private final MemorySegment packet = guest.memory().segment(0).asSlice(0, PacketHeader.BYTES);
    private TestRing rxRing;
    private TestRing txRing;
    private SplitVirtqueue rxQueue;
    private SplitVirtqueue txQueue;
    private QueueHandler rx;
    private QueueHandler tx;
    private int forwarded;

    AllocationTest() throws Exception {}

    @Test
    void dataThereAndBackAllocatesNothingOfOurs() throws Exception {
        Path path = folder.resolve("v");
        FeatureSet features = new FeatureSet(0b111);
        try (guest;
                Arena arena = Arena.ofConfined();
                OwnedFd listening = UnixSocket.listen(Path.of(path + "_1"), 1);
                TestContext context = new TestContext(0, features);
                TestContext other = new TestContext(1, features);
                VsockQueues queues =
                        new VsockQueues(new HubOptions(QueueRig.CID, 1 << 18, 8), List.of(new UnixPorts(path)))) {
            long at = guest.allocate(PacketHeader.BYTES, 8); // where the packet is
            assertEquals(TestGuest.START, at);
            open(queues, context, other);
            send(Operation.REQUEST, 0);
            step(context);
            try (OwnedFd peer = UnixSocket.accept(listening.number())) {
                boolean _ = vectors.add(arena.allocate(DATA).address(), DATA);
                measure(context, peer.number());
            }
            tx.quiesce();
            rx.quiesce();
        }
    }

    private void open(VsockQueues queues, TestContext context, TestContext other) throws Exception {
        rxRing = new TestRing(guest, 16, TestRing.features(false), 0);
        txRing = new TestRing(guest, 16, TestRing.features(false), 0);
        rxQueue = rxRing.open();
        txQueue = txRing.open();
        int _ = rxRing.add(0, List.of(new Piece(guest.allocate(4096, 8), 4096, true)), Layout.DIRECT);
        Piece head = new Piece(TestGuest.START, PacketHeader.BYTES, false);
        Piece data = new Piece(guest.allocate(DATA, 8), DATA, false);
        header.address(QueueRig.CID, 5, 2, 1, PacketType.STREAM);
        int _ = txRing.add(0, List.of(head, data), Layout.DIRECT);
        rx = queues.start(context);
        tx = queues.start(other);
    }

    /// The guest sends its packet once more: it is available already the first time.
    private void send(int op, int len) throws Exception {
        header.content(op, 0, len);
        header.credit(SMALL, forwarded);
        header.write(new SegmentBuffers(packet));
        DescriptorChain chain = txQueue.poll();
        assertNotNull(chain);
        tx.handle(chain);
        tx.batchEnd();
        boolean _ = txQueue.publish();
        txRing.makeAvailable(0);
    }

    private void step(TestContext context) throws Exception {
        int before = rxRing.usedIndex();
        while (rxRing.usedIndex() == before) {
            context.step();
            if (rx.ready()) {
                DescriptorChain chain = rxQueue.poll();
                assertNotNull(chain);
                rx.handle(chain);
                rx.batchEnd();
                rxRing.makeAvailable(0);
            }
            rx.look();
            boolean _ = rxQueue.publish();
        }
    }

    private void measure(TestContext context, int peer) throws Exception {
        run(context, peer, WARM_UP);
        long bytes = Long.MAX_VALUE;
        for (int i = 0; bytes > MOST && i < MOST_TRIES; i++) { // the compiler takes its time
            long before = MINE.getCurrentThreadAllocatedBytes();
            run(context, peer, ROUNDS);
            bytes = MINE.getCurrentThreadAllocatedBytes() - before;
        }
        assertTrue(bytes <= MOST, bytes + " bytes for " + ROUNDS + " rounds");
    }

    private void run(TestContext context, int peer, int rounds) throws Exception {
        for (int i = 0; i < rounds; i++) {
            send(Operation.RW, DATA);
            assertEquals(DATA, io.receive(peer, vectors.segment(), 1));
            assertEquals(DATA, io.send(peer, vectors.segment(), 1, false));
            step(context);
            forwarded += DATA;
        }
    }
}
