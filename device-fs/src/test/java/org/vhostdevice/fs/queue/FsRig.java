package org.vhostdevice.fs.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.vhostdevice.core.device.IoThreads;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.BrokenQueueException;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;
import org.vhostdevice.fs.fuse.FuseServer;
import org.vhostdevice.fs.fuse.Wire;

/// A driver, a ring and a queue's handler on one thread.
final class FsRig implements AutoCloseable {
    private static final int RING = 256;
    private static final int ROOM = 4096;

    private final TestGuest guest = new TestGuest();
    private final TestRing ring;
    private final SplitVirtqueue queue;
    private final TestContext context;
    private final IoThreads threads;
    private final FsQueue handler;
    private final Map<Integer, Sent> sent = new HashMap<>();
    private int used;

    /// A request on its way.
    static final class Sent {
        private final long answerAt;
        private long usedBytes = -1;
        private byte[] answer = {};

        Sent(long answerAt) {
            this.answerAt = answerAt;
        }

        boolean done() {
            return usedBytes >= 0;
        }

        /// The length in the used ring.
        long used() {
            return usedBytes;
        }

        /// What is behind the answer's header.
        ByteBuffer body() {
            return ByteBuffer.wrap(Arrays.copyOfRange(answer, Math.min(16, answer.length), answer.length));
        }

        /// 0, or a number of Linux.
        int error() {
            return -ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
        }
    }

    FsRig(FuseServer server, LockWaits locks, int queueIndex, int mostThreads)
            throws IOException, GuestMemoryException {
        this(server, locks, queueIndex, mostThreads, slow());
    }

    /// @param reads says who does them
    FsRig(FuseServer server, LockWaits locks, int queueIndex, int mostThreads, ReadTimes reads)
            throws IOException, GuestMemoryException {
        context = new TestContext(queueIndex, FeatureSet.NONE);
        threads = new IoThreads(mostThreads, "test");
        handler = new FsQueue(context, server, threads, locks, reads);
        ring = new TestRing(guest, RING, TestRing.features(false), 0);
        queue = ring.open();
    }

    /// Has threads do the next reads.
    static ReadTimes slow() {
        return after(Long.MAX_VALUE);
    }

    /// @param nanos that each read has taken lately
    static ReadTimes after(long nanos) {
        ReadTimes reads = new ReadTimes();
        IntStream.range(0, 100).forEach(_ -> reads.took(nanos));
        return reads;
    }

    FsQueue handler() {
        return handler;
    }

    /// Sends a request with room for an answer of up to 4096 bytes.
    Sent send(int opcode, long unique, byte... body) throws BrokenQueueException {
        return send(Wire.request(opcode, unique, 5, body), ROOM);
    }

    Sent send(byte[] request, int room) throws BrokenQueueException {
        Sent each = add(request, room);
        serve();
        return each;
    }

    /// Makes a request available, without a look at it by the device.
    Sent add(byte[] request, int room) {
        long at = guest.allocate(request.length, 8);
        guest.write(at, request);
        Sent each = new Sent(guest.allocate(room + 1L, 8));
        List<Piece> pieces = room == 0
                ? List.of(new Piece(at, request.length, false))
                : List.of(new Piece(at, request.length, false), new Piece(each.answerAt, room, true));
        int head = 2 * sent.size() % RING;
        sent.put(head, each);
        int _ = ring.add(head, pieces, Layout.DIRECT);
        return each;
    }

    /// How often the driver was shown what was done before the end of a batch.
    int published() {
        return context.published();
    }

    /// Takes what can be taken, and looks at what is done.
    void serve() throws BrokenQueueException {
        while (handler.ready()) {
            DescriptorChain chain = queue.poll();
            if (chain == null) {
                break;
            }
            handler.handle(chain);
        }
        handler.batchEnd();
        collect();
    }

    void collect() {
        boolean _ = queue.publish();
        while (used != ring.usedIndex()) {
            Sent each = sent.get(ring.usedHead(used));
            each.usedBytes = ring.usedLength(used);
            each.answer = guest.read(each.answerAt, (int) each.usedBytes);
            used = (used + 1) & 0xffff;
        }
    }

    /// Lets the worker go on until a request is done.
    void await(Sent request) throws IOException, InterruptedException, BrokenQueueException {
        while (!request.done()) {
            step();
        }
    }

    void step() throws IOException, InterruptedException, BrokenQueueException {
        context.step();
        serve();
    }

    /// Ends all that is under way, as a ring that stops.
    void stop() {
        handler.quiesce();
        handler.close();
        collect();
    }

    int inFlight() {
        return queue.inFlight();
    }

    @Override
    public void close() {
        handler.quiesce();
        handler.close();
        threads.close();
        queue.close();
        context.close();
        guest.close();
    }
}
