package org.vhostdevice.console.port;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.vhostdevice.console.end.EndContext;
import org.vhostdevice.console.end.EndLoop;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.BrokenQueueException;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// Ports, and a driver of their queues, on one thread.
final class PortRig implements AutoCloseable {
    static final int ROOM = 512;
    private static final int RING = 128;

    private final TestGuest guest = new TestGuest();
    private final FeatureSet features;
    private final Map<Integer, Queue> queues = new TreeMap<>();
    private final Ports ports;
    private final EndContext loop = new EndLoop();
    private int resizes;

    /// @param most ports
    /// @param multiport whether the driver has control queues
    PortRig(int most, boolean multiport) throws Exception {
        ports = new Ports(most, () -> resizes++);
        long bits = (1L << Ports.F_SIZE) | (multiport ? 1L << Ports.F_MULTIPORT : 0);
        features = new FeatureSet(bits).with(VirtioFeature.VERSION_1).with(VirtioFeature.INDIRECT_DESC);
    }

    Ports ports() {
        return ports;
    }

    int resizes() {
        return resizes;
    }

    /// Adds a port with an end that does what the test says.
    FakeEnd add(int number, PortTraits traits) throws IOException {
        FakeEnd end = new FakeEnd();
        ports.add(number, new Port(traits, end), loop);
        return end;
    }

    /// Starts a queue, with an empty ring the first time.
    Queue start(int index) throws Exception {
        Queue queue = queues.get(index);
        if (queue == null) {
            queue = new Queue(index);
            queues.put(index, queue);
        }
        queue.start();
        return queue;
    }

    Queue queue(int index) {
        return queues.get(index);
    }

    /// Serves all queues until there is nothing to do.
    void serve() throws BrokenQueueException {
        for (int round = 0; round < 4; round++) {
            for (Queue queue : queues.values()) {
                queue.serve();
            }
        }
    }

    /// Sends a control message.
    void tell(int port, int event, int value) throws BrokenQueueException {
        byte[] message = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(port)
                .putShort((short) event)
                .putShort((short) value)
                .array();
        queue(3).send(message);
        serve();
    }

    /// What the driver has heard, as `port event value text`.
    List<String> heard() {
        List<String> all = new ArrayList<>();
        for (byte[] bytes : queue(2).received()) {
            ByteBuffer message = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            int event = message.getShort(4);
            String more = event == ControlEvent.RESIZE
                    ? " " + message.getShort(8) + "x" + message.getShort(10)
                    : bytes.length > 8 ? " " + new String(bytes, 8, bytes.length - 8, StandardCharsets.UTF_8) : "";
            all.add(message.getInt(0) + " " + event + " " + message.getShort(6) + more);
        }
        return all;
    }

    /// Has the driver say that it and each port is ready.
    void bringUp(int... numbers) throws Exception {
        start(3);
        start(2).offer(100);
        tell(0, ControlEvent.DEVICE_READY, 1);
        for (int number : numbers) {
            tell(number, ControlEvent.PORT_READY, 1);
        }
    }

    /// A ring and what the device does with it.
    final class Queue implements QueueContext {
        private final int index;
        private final TestRing ring;
        private final SplitVirtqueue device;
        private final Map<Integer, Long> addresses = new HashMap<>();
        private final List<Used> used = new ArrayList<>();
        private QueueHandler handler;
        private boolean running;
        private int nextHead;

        Queue(int index) throws Exception {
            this.index = index;
            ring = new TestRing(guest, RING, features, 0);
            device = ring.open();
        }

        void start() {
            handler = ports.start(this);
            running = true;
        }

        /// Stops the ring as the core does.
        void stop() {
            running = false;
            handler.quiesce();
            boolean _ = device.publish();
            handler.close();
            collect();
        }

        /// Stops the ring and lets the device give chains up.
        boolean suspend() {
            running = false;
            boolean given = handler.suspend();
            boolean _ = device.publish();
            handler.close();
            collect();
            return given;
        }

        /// Makes chains with room for the device available.
        void offer(int chains) {
            for (int i = 0; i < chains; i++) {
                offerOf(ROOM);
            }
        }

        void offerOf(int... rooms) {
            List<Piece> pieces = new ArrayList<>();
            long first = 0;
            for (int room : rooms) {
                long at = guest.allocate(room, 8);
                first = first == 0 ? at : first;
                pieces.add(new Piece(at, room, true));
            }
            add(first, pieces);
        }

        /// Makes a chain with bytes available, in one piece.
        void send(byte... bytes) {
            sendIn(1, bytes);
        }

        void send(String text) {
            send(text.getBytes(StandardCharsets.UTF_8));
        }

        void sendIn(int count, byte... bytes) {
            long at = guest.allocate(bytes.length + 1L, 8);
            guest.write(at, bytes);
            List<Piece> pieces = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int from = bytes.length * i / count;
                pieces.add(new Piece(at + from, bytes.length * (i + 1) / count - from, false));
            }
            add(at, pieces);
        }

        private void add(long at, List<Piece> pieces) {
            addresses.put(nextHead, at);
            int _ = ring.add(nextHead, pieces, pieces.size() == 1 ? Layout.DIRECT : Layout.INDIRECT);
            nextHead = (nextHead + 1) % RING;
        }

        void serve() throws BrokenQueueException {
            boolean any = false;
            while (running && handler.ready()) {
                DescriptorChain chain = device.poll();
                if (chain == null) {
                    break;
                }
                any = true;
                handler.handle(chain);
            }
            if (any) {
                handler.batchEnd();
            }
            boolean _ = device.publish();
            collect();
        }

        private void collect() {
            for (Used each = ring.takeUsed(); each != null; each = ring.takeUsed()) {
                used.add(each);
            }
        }

        /// Lengths in the used ring, in its order, since the last look.
        List<Long> lengths() {
            List<Long> lengths = used.stream().map(Used::length).toList();
            used.clear();
            return lengths;
        }

        /// What was written to chains, in the order of the used ring, since the last look.
        List<byte[]> received() {
            List<byte[]> all = used.stream()
                    .map(each -> guest.read(addresses.get(each.id()), (int) each.length()))
                    .toList();
            used.clear();
            return all;
        }

        String text() {
            StringBuilder text = new StringBuilder();
            received().forEach(bytes -> text.append(new String(bytes, StandardCharsets.UTF_8)));
            return text.toString();
        }

        int inFlight() {
            return device.inFlight();
        }

        @Override
        public int index() {
            return index;
        }

        @Override
        public FeatureSet features() {
            return features;
        }

        @Override
        public void publish() {}

        @Override
        public void resume() {
            // the test looks again by itself
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public void watch(int fd, int interest, Watcher watcher) {}

        @Override
        public void rewatch(int fd, int interest) {}

        @Override
        public void unwatch(int fd) {}
    }

    @Override
    public void close() {
        for (Queue queue : queues.values()) {
            if (queue.running) {
                queue.stop();
            }
            queue.device.close();
        }
        ports.close();
        guest.close();
    }
}
