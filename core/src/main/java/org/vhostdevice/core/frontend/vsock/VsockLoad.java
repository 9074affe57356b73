package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.LatencyHistogram;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.SlotLoad;

/// Keeps a socket device busy: connects from the guest to a host that it plays itself, and sends, receives, or has
/// messages come back. One thread, and one for each connection on the host's side.
public final class VsockLoad implements AutoCloseable {
    /// The most data of a packet.
    public static final int MAX_BYTES = VsockDriver.DATA_BYTES;

    private static final int HOST_PORT = 0x5eed;
    private static final int GUEST_PORT = 0x6000;

    /// The guest's receive buffer, of each connection.
    private static final int SPACE = 256 << 10;

    private static final int LEAST_SLOTS = 32;
    private static final int MOST_SLOTS = 128;

    private final Plan plan;
    private final boolean polling;
    private final Duration timeout;
    private final VsockDriver driver;
    private final MemorySegment message;
    private final List<HostSocket> hosts = new ArrayList<>();
    private final List<VsockConnection> connections = new ArrayList<>();

    /// What is done.
    public enum Direction {
        /// The guest sends packets to the host, by one connection.
        TO_HOST,
        /// The host sends packets to the guest, by one connection.
        TO_GUEST,
        /// The guest sends messages, and the host sends them back, by many connections with one message each.
        ROUND_TRIP
    }

    /// A load.
    ///
    /// @param direction what is done
    /// @param bytes     data of a packet or message, at most [#MAX_BYTES]
    /// @param depth     packets in flight, or connections
    public record Plan(Direction direction, int bytes, int depth) {
        /// Checks the numbers.
        public Plan {
            if (bytes < 1 || bytes > MAX_BYTES) {
                throw new IllegalArgumentException("packets have 1 to " + MAX_BYTES + " bytes, not " + bytes);
            }
            if (depth < 1 || depth > MOST_SLOTS) {
                throw new IllegalArgumentException("1 to " + MOST_SLOTS + " are in flight, not " + depth);
            }
        }

        /// {@return the bytes of guest memory that a load takes}
        public long memoryBytes() {
            return buffers().bytes() + (1 << 16);
        }

        VsockDriver.Buffers buffers() {
            boolean many = direction == Direction.ROUND_TRIP;
            return new VsockDriver.Buffers(many ? Math.max(depth, LEAST_SLOTS) : depth, bytes);
        }

        private int connections() {
            return direction == Direction.ROUND_TRIP ? depth : 1;
        }

        private HostPeer.Role role() {
            return switch (direction) {
                case TO_HOST -> HostPeer.Role.SINK;
                case TO_GUEST -> HostPeer.Role.SOURCE;
                case ROUND_TRIP -> HostPeer.Role.ECHO;
            };
        }
    }

    /// Makes all connections.
    ///
    /// @param frontend started, as [VsockDriver#prepare] wants it
    /// @param host     where the device has the Unix sockets of its host side
    /// @param plan     what is done
    /// @param polling  whether the ring is looked at all the time, instead of waiting for calls
    /// @throws BackendRefusal if the device refuses a connection
    /// @throws IOException    if the back end or the host fails
    public VsockLoad(Frontend frontend, HybridHost host, Plan plan, boolean polling) throws IOException {
        this.plan = plan;
        this.polling = polling;
        timeout = frontend.options().link().timeout();
        driver = new VsockDriver(frontend, plan.buffers());
        message = MemorySegment.ofArray(new byte[plan.bytes()]);
        driver.giveBuffers();
        try (HostListener listener = host.listen(HOST_PORT)) {
            while (connections.size() < plan.connections()) {
                int port = GUEST_PORT + connections.size();
                connections.add(
                        VsockConnection.connect(driver, driver.header(port, HOST_PORT, Vsock.TYPE_STREAM), SPACE));
                HostSocket socket = listener.accept(timeout)
                        .orElseThrow(() -> new BackendTimeout("the device does not connect to the host's socket"));
                hosts.add(socket);
                HostPeer.start(socket, plan.role());
            }
            driver.awaitSent();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /// Runs the load.
    ///
    /// @param time how long
    /// @return what was measured. The latency of a packet is the time for which the device had its buffer;
    ///     that of a message is until it has come back
    /// @throws BackendTimeout if nothing moves
    /// @throws IOException    if the back end fails
    public LoadReport run(Duration time) throws IOException {
        VsockConnection first = connections.getFirst();
        return switch (plan.direction()) {
            case TO_HOST -> new SlotLoad(driver.transmitQueue(), new ToHost(first), polling, timeout).run(time);
            case TO_GUEST -> new SlotLoad(driver.receiveQueue(), new ToGuest(first), polling, timeout).run(time);
            case ROUND_TRIP -> new RoundTrips().run(time);
        };
    }

    /// Packets to the host, as it has room for them. Every packet tells the guest's credit, so that nothing else needs
    /// to be sent.
    private final class ToHost implements SlotLoad.Work {
        private final VsockConnection connection;

        ToHost(VsockConnection connection) {
            this.connection = connection;
        }

        @Override
        public boolean start(int slot) throws IOException {
            while (connection.room() < plan.bytes()) {
                boolean idle = driver.transmitQueue().offered() == 0;
                if (!driver.receive(idle ? timeout.toNanos() : 0, (header, _) -> connection.note(header))) {
                    if (idle) {
                        throw new BackendTimeout("the host makes no room within " + timeout.toMillis() + " ms");
                    }
                    return false;
                }
            }
            MemorySegment buffer = driver.transmitQueue().readable(slot);
            connection.header(Vsock.RW, 0, plan.bytes()).write(buffer);
            driver.transmitQueue().offer(slot, VsockHeader.BYTES + (long) plan.bytes(), 0);
            return true;
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) {
            tally.done(true, plan.bytes());
        }
    }

    /// Packets to the guest, of any length up to the buffer's.
    private final class ToGuest implements SlotLoad.Work {
        private final VsockConnection connection;

        ToGuest(VsockConnection connection) {
            this.connection = connection;
            connection.sink((_, data) -> connection.forward(Math.toIntExact(data.byteSize())));
        }

        @Override
        public boolean start(int slot) {
            driver.receiveQueue().offer(slot, 0, VsockHeader.BYTES + (long) plan.bytes());
            return true;
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) throws IOException {
            driver.parse(slot, (header, data) -> {
                connection.take(header, data);
                if (data.byteSize() > 0) {
                    tally.done(false, data.byteSize());
                }
            });
            if (connection.isReset()) {
                throw new BackendRefusal("the host has reset the connection");
            }
        }
    }

    /// Messages that come back. A connection's number is where its guest port is.
    private final class RoundTrips {
        private final LatencyHistogram latency = new LatencyHistogram();
        private final long[] started = new long[connections.size()];
        private final int[] back = new int[connections.size()];
        private long requests;
        private int running;

        LoadReport run(Duration time) throws IOException {
            long begin = System.nanoTime();
            long end = begin + time.toNanos();
            for (int i = 0; i < started.length; i++) {
                int number = i;
                connections.get(i).sink((_, data) -> back[number] += Math.toIntExact(data.byteSize()));
                send(i);
            }
            while (running > 0) {
                if (!driver.receive(timeout.toNanos(), this::take)) {
                    throw new BackendTimeout(running + " messages do not come back");
                }
                for (int i = 0; i < started.length; i++) {
                    finish(i, end);
                }
            }
            return new LoadReport(requests, 0, 0, requests * plan.bytes(), System.nanoTime() - begin, latency);
        }

        private void send(int number) throws IOException {
            started[number] = System.nanoTime();
            running++;
            connections.get(number).write(message, 0);
        }

        private void take(VsockHeader header, MemorySegment data) throws IOException {
            int number = header.destination().port() - GUEST_PORT;
            if (number >= 0 && number < started.length) {
                connections.get(number).take(header, data);
            }
        }

        private void finish(int number, long end) throws IOException {
            if (back[number] < plan.bytes()) {
                return;
            }
            long now = System.nanoTime();
            latency.record(now - started[number]);
            connections.get(number).forward(back[number]);
            back[number] = 0;
            requests++;
            running--;
            if (now - end < 0) {
                send(number);
            }
        }
    }

    /// Ends all connections on the host's side.
    @Override
    public void close() throws IOException {
        for (HostSocket host : hosts) {
            host.close();
        }
    }
}
