package org.vhostdevice.vsock.queue;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.vsock.host.HostPorts;
import org.vhostdevice.vsock.packet.PacketHeader;

/// The queues of a socket device (VIRTIO 1.4, 5.10.2), which one thread serves.
public final class VsockQueues implements AutoCloseable {
    /// How many there are.
    public static final int COUNT = 3;

    private static final int RX = 0;
    private static final int TX = 1;

    /// Event: all connections are gone (`VIRTIO_VSOCK_EVENT_TRANSPORT_RESET`), which is 0 in any byte order.
    private static final MemorySegment TRANSPORT_RESET =
            Arena.global().allocate(JAVA_INT).asReadOnly();

    private final Hub hub;
    private volatile boolean resetOwed;
    /// Whether packets of the guest have come here: what it knows of its connections does too.
    private volatile boolean served;

    private @Nullable QueueContext events;

    /// Makes queues without connections.
    ///
    /// @param options how the guest is connected
    /// @param ports of the host, which are asked in their order; closed with this
    public VsockQueues(HubOptions options, List<HostPorts> ports) {
        hub = new Hub(options, ports);
    }

    /// Begins to serve a queue. Its thread.
    ///
    /// @param context of the queue
    /// @return its handler
    /// @throws IOException if the host lacks something
    public QueueHandler start(QueueContext context) throws IOException {
        if (context.goesOn() && !served) {
            resetOwed = true; // the guest may have connections that another process served
            resumeEvents();
        }
        return switch (context.index()) {
            case RX -> new Rx(context);
            case TX -> new Tx(context);
            default -> new Events(context);
        };
    }

    /// Ends all connections. The guest is told, once it can be, if it may have had any. The queues have stopped.
    ///
    /// @param moved whether it may have had some of another process
    public void reset(boolean moved) {
        boolean had = hub.reset();
        resetOwed = resetOwed || had || moved;
        served = false;
    }

    /// {@return bytes of the memory in which data waits for the host}
    long pooled() {
        return hub.pool().used();
    }

    /// Frees all. The queues have stopped.
    @Override
    public void close() {
        hub.close();
    }

    /// The receive queue. Buffers stay in the ring until there are packets for them.
    private final class Rx implements QueueHandler {
        private final RxBuffers buffers = new RxBuffers();

        private final QueueContext context;

        Rx(QueueContext context) throws IOException {
            this.context = context;
            hub.startRx(context);
        }

        @Override
        public boolean ready() {
            return hub.hasPackets() && buffers.wantMore();
        }

        @Override
        public boolean starves() {
            return hub.hasPackets();
        }

        @Override
        public void handle(DescriptorChain chain) {
            if (chain.writable().length() < PacketHeader.BYTES) {
                chain.complete(0);
                return;
            }
            buffers.add(chain);
            if (!buffers.wantMore()) {
                hub.send(buffers);
            }
        }

        @Override
        public void batchEnd() {
            hub.send(buffers);
        }

        /// Looks for what was due, and uses buffers that were left over.
        @Override
        public void look() {
            hub.deadlines().run();
            if (buffers.any()) {
                hub.send(buffers);
                if (ready()) {
                    context.resume(); // there are more packets than buffers were left over
                }
            }
        }

        @Override
        public long patience() {
            return hub.deadlines().patience();
        }

        @Override
        public void quiesce() {
            hub.stopRx();
            buffers.giveBack();
        }

        @Override
        public boolean suspend() {
            hub.stopRx();
            buffers.forget();
            return true;
        }

        @Override
        public void close() {
            hub.stopRx();
            buffers.forget();
        }
    }

    /// The transmit queue. Buffers go back at the end of a batch at the latest.
    private final class Tx implements QueueHandler {
        Tx(QueueContext context) throws IOException {
            hub.startTx(context);
        }

        @Override
        public boolean ready() {
            return hub.canTake();
        }

        @Override
        public void handle(DescriptorChain chain) {
            if (!served) {
                served = true;
            }
            hub.take(chain);
        }

        @Override
        public void batchEnd() {
            hub.flush();
        }

        @Override
        public void quiesce() {
            hub.stopTx();
        }

        @Override
        public void close() {
            hub.stopTx();
        }
    }

    private void resumeEvents() {
        if (events != null) {
            events.resume();
        }
    }

    /// The event queue.
    private final class Events implements QueueHandler {
        Events(QueueContext context) {
            events = context;
        }

        @Override
        public void close() {
            events = null;
        }

        @Override
        public boolean ready() {
            return resetOwed;
        }

        @Override
        public void handle(DescriptorChain chain) {
            long bytes = Math.min(chain.writable().length(), TRANSPORT_RESET.byteSize());
            if (bytes == TRANSPORT_RESET.byteSize()) {
                chain.writable().write(0, TRANSPORT_RESET, bytes);
                resetOwed = false;
            } else {
                bytes = 0;
            }
            chain.complete(bytes);
        }
    }
}
