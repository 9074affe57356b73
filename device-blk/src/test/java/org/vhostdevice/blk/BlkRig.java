package org.vhostdevice.blk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.queue.BlkQueue;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.EngineKind;
import org.vhostdevice.blk.queue.Throttle;
import org.vhostdevice.blk.queue.WriteCache;
import org.vhostdevice.blk.storage.Storage;
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

/// A driver, a ring and an executor on one thread: the driver's side builds requests byte by byte.
final class BlkRig implements AutoCloseable {
    static final int T_IN = 0;
    static final int T_OUT = 1;
    static final int T_FLUSH = 4;
    static final int T_GET_ID = 8;
    static final int T_DISCARD = 11;
    static final int T_WRITE_ZEROES = 13;
    static final int OK = 0;
    static final int IOERR = 1;
    static final int UNSUPP = 2;

    /// What writable bytes hold before the device writes them.
    static final byte UNTOUCHED = (byte) 0xee;

    private static final int RING = 1024;
    private static final List<Layout> LAYOUTS = List.of(Layout.values());

    private final TestGuest guest = new TestGuest();
    private final TestRing ring;
    private final SplitVirtqueue queue;
    private final TestContext context;
    private final IoThreads threads = new IoThreads(4, "test");
    private final BlkQueue handler;
    private final long mark;
    private int used;

    /// What the driver finds when the request comes back.
    static final class Outcome {
        private final long used;
        private final byte[] writable;

        Outcome(long used, byte[] writable) {
            this.used = used;
            this.writable = writable;
        }

        /// The length in the used ring.
        long used() {
            return used;
        }

        /// All writable bytes of the request.
        byte[] writable() {
            return writable;
        }

        /// The last writable byte.
        int status() {
            return writable[writable.length - 1];
        }

        byte[] data() {
            return Arrays.copyOf(writable, writable.length - 1);
        }
    }

    /// A queue whose driver has FLUSH or not.
    BlkRig(Storage storage, boolean flushNegotiated) throws IOException, GuestMemoryException {
        this(storage, EngineKind.THREADS, flushNegotiated ? BlkFeature.FLUSH.mask() : 0);
    }

    /// A queue whose driver has these features.
    BlkRig(Storage storage, EngineKind engine, long features) throws IOException, GuestMemoryException {
        this(storage, engine, features, new WriteCache(true));
    }

    BlkRig(Storage storage, EngineKind engine, long features, WriteCache cache)
            throws IOException, GuestMemoryException {
        context = TestContext.forFiles(0, new FeatureSet(features));
        Disk.Policy policy = Disk.Policy.DEFAULT.with(engine);
        Disk disk = new Disk(storage, Disk.id("serial-7"), cache, policy, null, new Disk.Host(threads, threads::after));
        handler = new BlkQueue(disk, context, RING);
        ring = new TestRing(guest, RING, TestRing.features(false), 0);
        queue = ring.open();
        mark = guest.mark();
    }

    /// A queue with rules for its requests.
    BlkRig(Storage storage, Disk.Policy policy, @Nullable Throttle throttle) throws IOException, GuestMemoryException {
        context = TestContext.forFiles(0, new FeatureSet(BlkFeature.FLUSH.mask()));
        Disk disk = new Disk(
                storage, Disk.id(""), new WriteCache(true), policy, throttle, new Disk.Host(threads, threads::after));
        handler = new BlkQueue(disk, context, RING);
        ring = new TestRing(guest, RING, TestRing.features(false), 0);
        queue = ring.open();
        mark = guest.mark();
    }

    /// A queue of a device.
    BlkRig(BlkDevice device, int index) throws IOException, GuestMemoryException {
        context = TestContext.forFiles(index, FeatureSet.NONE);
        handler = (BlkQueue) device.start(context);
        ring = new TestRing(guest, RING, TestRing.features(false), 0);
        queue = ring.open();
        mark = guest.mark();
    }

    /// A request's readable bytes: header and data.
    static byte[] request(int type, long sector, byte... data) {
        return ByteBuffer.allocate(16 + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(0x5a5a5a5a) // reserved
                .putLong(sector)
                .put(data)
                .array();
    }

    /// Sends one request: readable bytes in one piece, writable ones in another.
    Outcome send(byte[] readable, int writable) throws BrokenQueueException {
        return send(readable, new int[] {readable.length}, new int[] {writable}, Layout.DIRECT);
    }

    /// Sends one request cut at random.
    Outcome send(byte[] readable, int writable, RandomGenerator random) throws BrokenQueueException {
        Layout layout = LAYOUTS.get(random.nextInt(LAYOUTS.size()));
        return send(readable, cuts(readable.length, random), cuts(writable, random), layout);
    }

    /// Sends one request.
    ///
    /// @param readableCuts lengths of the readable pieces
    /// @param writableCuts lengths of the writable pieces
    Outcome send(byte[] readable, int[] readableCuts, int[] writableCuts, Layout layout) throws BrokenQueueException {
        guest.resetTo(mark);
        List<Piece> pieces = new ArrayList<>();
        int position = 0;
        for (int length : readableCuts) {
            Piece piece = new Piece(guest.allocate(length + 3L, 1), length, false);
            guest.write(piece.address(), Arrays.copyOfRange(readable, position, position + length));
            pieces.add(piece);
            position += length;
        }
        for (int length : writableCuts) {
            Piece piece = new Piece(guest.allocate(length + 3L, 1), length, true);
            byte[] fill = new byte[length];
            Arrays.fill(fill, UNTOUCHED);
            guest.write(piece.address(), fill);
            pieces.add(piece);
        }
        int _ = ring.add(0, pieces, layout);
        serve();
        int entry = used;
        used = (used + 1) & 0xffff;
        if (ring.usedIndex() != used) {
            throw new AssertionError("used index " + ring.usedIndex() + ", expected " + used);
        }
        return new Outcome(ring.usedLength(entry), writable(pieces));
    }

    private void serve() throws BrokenQueueException {
        try {
            while (!handler.ready()) {
                context.step();
            }
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                handler.handle(chain);
            }
            handler.batchEnd();
            while (queue.inFlight() > 0) {
                context.step();
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
        boolean _ = queue.publish();
    }

    private byte[] writable(List<Piece> pieces) {
        ByteBuffer all = ByteBuffer.allocate((int)
                pieces.stream().filter(Piece::writable).mapToLong(Piece::length).sum());
        for (Piece piece : pieces) {
            if (piece.writable()) {
                all.put(guest.read(piece.address(), (int) piece.length()));
            }
        }
        return all.array();
    }

    private static int[] cuts(int length, RandomGenerator random) {
        List<Integer> cuts = new ArrayList<>();
        int left = length;
        while (left > 0 && cuts.size() < 200) {
            int part =
                    random.nextInt(8) == 0 ? 0 : Math.min(left, 1 + random.nextInt(random.nextBoolean() ? 20 : left));
            cuts.add(part);
            left -= part;
        }
        cuts.add(left);
        return cuts.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public void close() {
        handler.close();
        threads.close();
        context.close();
        guest.close();
    }
}
