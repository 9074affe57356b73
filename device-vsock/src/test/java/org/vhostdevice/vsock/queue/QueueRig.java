package org.vhostdevice.vsock.queue;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.BrokenQueueException;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;
import org.vhostdevice.vsock.host.HostPorts;
import org.vhostdevice.vsock.packet.PacketHeader;

/// A driver, its receive and transmit rings, and the handlers of both, on one thread: buffers of any shape.
final class QueueRig implements AutoCloseable {
    static final long CID = 3;
    static final int BUF_ALLOC = 8192;

    private static final int RING = 256;
    private static final FeatureSet FEATURES = new FeatureSet(0b111);

    private final TestGuest guest = new TestGuest();
    private final TestContext context = new TestContext(0, FEATURES);
    private final TestContext other = new TestContext(1, FEATURES);
    private final VsockQueues queues;
    private final QueueHandler rx;
    private final QueueHandler tx;
    private final TestRing rxRing = new TestRing(guest, RING, TestRing.features(false), 0);
    private final TestRing txRing = new TestRing(guest, RING, TestRing.features(false), 0);
    private final SplitVirtqueue rxQueue = rxRing.open();
    private final SplitVirtqueue txQueue = txRing.open();
    private final Map<Integer, List<Piece>> given = new HashMap<>();
    private final ArrayDeque<Packet> received = new ArrayDeque<>();
    private int rxHead;
    private int txHead;
    private int emptyBuffers;
    private int sentBack;
    private boolean looksAgain;

    /// A packet that came.
    ///
    /// @param header of it
    /// @param data behind it
    record Packet(PacketHeader header, byte[] data) {}

    QueueRig(int maxConnections, HostPorts... ports) throws Exception {
        queues = new VsockQueues(new HubOptions(CID, BUF_ALLOC, maxConnections), List.of(ports));
        rx = queues.start(context);
        tx = queues.start(other);
    }

    /// Gives the device a buffer of pieces.
    void give(int... pieces) {
        List<Piece> all = new ArrayList<>();
        for (int bytes : pieces) {
            all.add(new Piece(guest.allocate(bytes, 8), bytes, true));
        }
        given.put(rxHead, all);
        int _ = rxRing.add(rxHead, all, Layout.DIRECT);
        rxHead = (rxHead + pieces.length) % RING;
    }

    /// Sends a packet in pieces of so many bytes.
    void send(PacketHeader header, byte[] data, int piece) throws BrokenQueueException {
        byte[] bytes = new byte[PacketHeader.BYTES + data.length];
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            var segment = arena.allocate(PacketHeader.BYTES);
            header.write(new SegmentBuffers(segment));
            System.arraycopy(segment.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE), 0, bytes, 0, PacketHeader.BYTES);
        }
        System.arraycopy(data, 0, bytes, PacketHeader.BYTES, data.length);
        send(bytes, piece);
    }

    /// Sends bytes in pieces.
    void send(byte[] bytes, int piece) throws BrokenQueueException {
        post(bytes, piece);
        serve();
    }

    /// Lets the device have bytes in pieces, which it does not look at yet.
    void post(byte[] bytes, int piece) {
        List<Piece> all = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += piece) {
            byte[] part = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + piece));
            long address = guest.allocate(part.length, 1);
            guest.write(address, part);
            all.add(new Piece(address, part.length, false));
        }
        int used = txRing.add(txHead, all, all.size() > 32 ? Layout.INDIRECT : Layout.DIRECT);
        txHead = (txHead + used) % RING;
    }

    /// Lets both queues do what they can.
    void serve() throws BrokenQueueException {
        drain(tx, txQueue);
        drain(rx, rxQueue);
        boolean _ = context.takeResumed();
        rx.look();
        looksAgain = context.takeResumed();
        collect();
    }

    private static void drain(QueueHandler handler, SplitVirtqueue queue) throws BrokenQueueException {
        boolean any = false;
        while (handler.ready()) {
            DescriptorChain chain = queue.poll();
            if (chain == null) {
                break;
            }
            handler.handle(chain);
            any = true;
        }
        if (any) {
            handler.batchEnd();
        }
    }

    private void collect() {
        boolean _ = rxQueue.publish();
        boolean _ = txQueue.publish();
        for (var used = rxRing.takeUsed(); used != null; used = rxRing.takeUsed()) {
            receive(used.id(), (int) used.length());
        }
        for (var used = txRing.takeUsed(); used != null; used = txRing.takeUsed()) {
            sentBack++;
        }
    }

    private void receive(int head, int length) {
        if (length == 0) {
            emptyBuffers++;
            return;
        }
        byte[] bytes = new byte[length];
        int at = 0;
        for (Piece piece : given.remove(head)) {
            int part = (int) Math.min(piece.length(), length - at);
            System.arraycopy(guest.read(piece.address(), part), 0, bytes, at, part);
            at += part;
        }
        PacketHeader header = new PacketHeader();
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            header.read(new SegmentBuffers(arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_BYTE, bytes)));
        }
        if (header.len() != length - PacketHeader.BYTES) {
            throw new AssertionError(length + " bytes used with " + header.len() + " of data");
        }
        received.add(new Packet(header, Arrays.copyOfRange(bytes, PacketHeader.BYTES, length)));
    }

    /// The next packet that came; null if there is none.
    Packet poll() {
        return received.poll();
    }

    /// The next packet, which is waited for.
    Packet await() throws IOException, InterruptedException, BrokenQueueException {
        while (received.isEmpty()) {
            step();
        }
        return received.poll();
    }

    /// Waits a moment for the host.
    void step() throws IOException, InterruptedException, BrokenQueueException {
        context.step();
        serve();
    }

    /// Buffers of the guest that came back without a packet.
    int emptyBuffers() {
        return emptyBuffers;
    }

    /// Buffers with packets of the guest that came back.
    int sentBack() {
        return sentBack;
    }

    /// Whether the receive queue is to be looked at again after the last look.
    boolean looksAgain() {
        return looksAgain;
    }

    VsockQueues queues() {
        return queues;
    }

    /// Stops both queues.
    void stop() {
        tx.quiesce();
        rx.quiesce();
        tx.close();
        rx.close();
        collect();
    }

    int inFlight() {
        return rxQueue.inFlight() + txQueue.inFlight();
    }

    @Override
    public void close() {
        stop();
        queues.close();
        rxQueue.close();
        txQueue.close();
        context.close();
        other.close();
        guest.close();
    }
}
