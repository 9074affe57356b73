package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.SlotLoad;
import org.vhostdevice.core.frontend.SlotQueue;

/// Keeps a socket device busy: connects from the guest to a host that it plays itself, and sends, receives, or has
/// messages come back. One thread, and one for the host's side.
public final class VsockLoad implements AutoCloseable {
    /// The most data of a packet.
    public static final int MAX_BYTES = VsockDriver.DATA_BYTES;

    private static final int HOST_PORT = 0x5eed;
    private static final int GUEST_PORT = 0x6000;

    /// The guest's receive buffer, of each connection.
    private static final int SPACE = 256 << 10;

    private static final int LEAST_SLOTS = 32;
    private static final int MOST_SLOTS = 128;
    private static final int MOST_CONNECTIONS = 16_384;

    private final Plan plan;
    private final boolean polling;
    private final Duration timeout;
    private final VsockDriver driver;
    private final HostPeers hosts;
    private final List<VsockConnection> connections = new ArrayList<>();

    /// What is done.
    public enum Direction {
        /// The guest sends packets to the host.
        TO_HOST(HostPeers.Role.SINK),
        /// The host sends packets to the guest.
        TO_GUEST(HostPeers.Role.SOURCE),
        /// The guest sends messages, and the host sends them back: each connection has one message on its way.
        ROUND_TRIP(HostPeers.Role.ECHO);

        private final HostPeers.Role role;

        Direction(HostPeers.Role role) {
            this.role = role;
        }

        HostPeers.Role role() {
            return role;
        }
    }

    /// A load.
    ///
    /// @param direction   what is done
    /// @param bytes       data of a packet or message, at most [#MAX_BYTES]
    /// @param depth       buffers for packets in each direction, at most 128
    /// @param connections at a time, at most 16384
    public record Plan(Direction direction, int bytes, int depth, int connections) {
        /// Checks the numbers.
        public Plan {
            if (bytes < 1 || bytes > MAX_BYTES) {
                throw new IllegalArgumentException("packets have 1 to " + MAX_BYTES + " bytes, not " + bytes);
            }
            if (depth < 1 || depth > MOST_SLOTS) {
                throw new IllegalArgumentException("1 to " + MOST_SLOTS + " are in flight, not " + depth);
            }
            if (connections < 1 || connections > MOST_CONNECTIONS) {
                throw new IllegalArgumentException(
                        "there are 1 to " + MOST_CONNECTIONS + " connections, not " + connections);
            }
        }

        /// Messages there and back.
        ///
        /// @param bytes       of each
        /// @param connections with one of them each
        /// @return the plan
        public static Plan roundTrips(int bytes, int connections) {
            return new Plan(Direction.ROUND_TRIP, bytes, Math.clamp(connections, LEAST_SLOTS, MOST_SLOTS), connections);
        }

        /// {@return the bytes of guest memory that a load takes}
        public long memoryBytes() {
            return buffers().bytes() + (1 << 16);
        }

        VsockDriver.Buffers buffers() {
            return new VsockDriver.Buffers(depth, bytes);
        }

        /// What a load that moves bytes has done, counted in blocks, so that devices that cut them differently can be
        /// compared.
        LoadReport inBlocks(LoadReport report) {
            long blocks = Math.ceilDiv(report.bytes(), bytes);
            long writes = direction == Direction.TO_HOST ? blocks : 0;
            return new LoadReport(
                    blocks, writes, report.errors(), report.bytes(), report.elapsedNanos(), report.latency());
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
        hosts = new HostPeers(plan.direction().role());
        driver.giveBuffers();
        try (HostListener listener = host.listen(HOST_PORT)) {
            while (connections.size() < plan.connections()) {
                connect(listener);
            }
            driver.awaitSent();
            hosts.start();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void connect(HostListener listener) throws IOException {
        int port = GUEST_PORT + connections.size();
        connections.add(VsockConnection.connect(driver, driver.header(port, HOST_PORT, Vsock.TYPE_STREAM), SPACE));
        hosts.add(listener.accept(timeout)
                .orElseThrow(() -> new BackendTimeout("the device does not connect to the host's socket")));
    }

    /// Runs the load.
    ///
    /// @param time how long
    /// @return what was measured. The latency of a packet is the time for which the device had its buffer;
    ///     that of a message is until it has come back. Packets are counted as if each had all of its bytes
    /// @throws BackendTimeout if nothing moves
    /// @throws IOException    if the back end fails
    public LoadReport run(Duration time) throws IOException {
        if (plan.direction() == Direction.ROUND_TRIP) {
            return new RoundTrips(driver, connections, GUEST_PORT, plan.bytes()).run(time);
        }
        long[] bytes = new long[connections.size()];
        boolean toHost = plan.direction() == Direction.TO_HOST;
        SlotQueue queue = toHost ? driver.transmitQueue() : driver.receiveQueue();
        SlotLoad.Work work = toHost ? new ToHost(bytes) : new ToGuest(bytes);
        return plan.inBlocks(new SlotLoad(queue, work, polling, timeout).run(time))
                .by(bytes);
    }

    private int number(VsockHeader header) throws BackendViolation {
        int number = header.destination().port() - GUEST_PORT;
        if (number < 0 || number >= connections.size()) {
            throw new BackendViolation(
                    "a packet for port " + header.destination().port() + ", which has no connection");
        }
        return number;
    }

    /// Packets to the host, by one connection after the other as it has room for them. Every packet tells the guest's
    /// credit, so that nothing else needs to be sent.
    private final class ToHost implements SlotLoad.Work {
        private final long[] bytes;
        private int next;

        ToHost(long... bytes) {
            this.bytes = bytes;
        }

        @Override
        public boolean start(int slot) throws IOException {
            while (!findRoom()) {
                boolean idle = driver.transmitQueue().offered() == 0;
                if (!driver.receive(idle ? timeout.toNanos() : 0, this::note)) {
                    if (idle) {
                        throw new BackendTimeout("the host makes no room within " + timeout.toMillis() + " ms");
                    }
                    return false;
                }
            }
            MemorySegment buffer = driver.transmitQueue().readable(slot);
            connections.get(next).header(Vsock.RW, 0, plan.bytes()).write(buffer);
            driver.transmitQueue().offer(slot, VsockHeader.BYTES + (long) plan.bytes(), 0);
            bytes[next] += plan.bytes();
            next = (next + 1) % connections.size();
            return true;
        }

        private boolean findRoom() {
            for (int tried = 0; tried < connections.size(); tried++) {
                if (connections.get(next).room() >= plan.bytes()) {
                    return true;
                }
                next = (next + 1) % connections.size();
            }
            return false;
        }

        private void note(VsockHeader header, MemorySegment data) throws IOException {
            connections.get(number(header)).note(header);
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) {
            tally.done(true, plan.bytes());
        }
    }

    /// Packets to the guest, of any length up to the buffer's.
    private final class ToGuest implements SlotLoad.Work {
        private final long[] bytes;

        ToGuest(long... bytes) {
            this.bytes = bytes;
            for (VsockConnection connection : connections) {
                connection.sink((_, data) -> connection.forward(Math.toIntExact(data.byteSize())));
            }
        }

        @Override
        public boolean start(int slot) {
            driver.receiveQueue().offer(slot, 0, VsockHeader.BYTES + (long) plan.bytes());
            return true;
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) throws IOException {
            driver.parse(slot, (header, data) -> {
                int number = number(header);
                connections.get(number).take(header, data);
                if (connections.get(number).isReset()) {
                    throw new BackendRefusal("the host has reset the connection");
                }
                if (data.byteSize() > 0) {
                    tally.done(false, data.byteSize());
                    bytes[number] += data.byteSize();
                }
            });
        }
    }

    /// Ends all connections on the host's side.
    @Override
    public void close() throws IOException {
        hosts.close();
    }
}
