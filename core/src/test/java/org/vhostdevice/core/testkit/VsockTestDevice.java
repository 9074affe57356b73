package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// A socket device for tests, written down from VIRTIO 1.4, 5.10, whose host side are Unix sockets: the guest connects
/// to port P by `<path>_P`, and whoever connects to the path and writes `CONNECT P` reaches the guest. It breaks one
/// rule if a test wants that.
public final class VsockTestDevice implements VirtioDevice {
    /// The guest's context id.
    public static final long CID = 42;

    private static final int HEADER = 44;
    private static final int SPACE = 64 << 10;
    private static final int CHUNK = 4096;
    private static final int QUEUES = 3;

    /// Rules to break.
    public enum Fault {
        /// None.
        NONE,
        /// Gives the guest the host's context id.
        CID_OF_THE_HOST,
        /// Does not refuse connections to ports where nobody listens.
        REFUSAL_UNSAID,
        /// Does not refuse unknown types of sockets.
        TYPE_UNREFUSED,
        /// Does not answer questions of credit.
        CREDIT_UNTOLD,
        /// Sends more than the guest has room for.
        CREDIT_EXCEEDED,
        /// Says that it has no room at all.
        NO_SPACE,
        /// Reads no packets while it cannot send any.
        WAITS_FOR_BUFFERS,
        /// Does not end a connection that the guest has shut down.
        NO_RESET_AFTER_SHUTDOWN,
        /// Takes what is behind a packet's data for data.
        WHOLE_BUFFER,
        /// Keeps the buffers of packets that are malformed.
        KEEPS_MALFORMED,
        /// Counts no bytes that it took.
        COUNTS_NOTHING,
        /// Says nothing to packets of no connection.
        STRAYS_IGNORED,
        /// Answers a reset by a reset.
        RESETS_RESETS,
        /// Does not offer NO_IMPLIED_STREAM.
        NOT_OFFERED,
        /// Does not tell the guest that the host has closed.
        NO_SHUTDOWN,
        /// Leaves the host's end open when the guest resets the connection.
        KEEPS_HOST,
        /// Takes the end of one direction for the end of both.
        WHOLE_SHUTDOWN,
        /// Tells the host that the guest did not grant a connection.
        SAYS_NO,
        /// Refuses sockets of any type by packets of stream sockets.
        REFUSES_AS_STREAM,
        /// Does not tell the guest that it has moved.
        MOVE_UNTOLD
    }

    private final Path path;
    private final Fault fault;
    private final Map<Integer, Host> hosts = new HashMap<>();
    private final ArrayDeque<DescriptorChain> empty = new ArrayDeque<>();
    private final ArrayDeque<DescriptorChain> events = new ArrayDeque<>();
    private final ArrayDeque<DescriptorChain> unread = new ArrayDeque<>();
    private final List<ArrayDeque<DescriptorChain>> held = List.of(empty, unread, events);
    private final ArrayDeque<DescriptorChain> kept = new ArrayDeque<>();
    private final ArrayDeque<byte[]> toGuest = new ArrayDeque<>();
    private final ServerSocketChannel listener;
    private volatile QueueContext context;
    private int starts;
    private boolean told;
    private int nextHostPort = 1 << 30;

    /// One connection: what the host's thread and the worker share is guarded by the object itself.
    private final class Host {
        private final int guestPort;
        private final int hostPort;
        private final SocketChannel channel;
        private int sent;
        private int forwarded;
        private int told;
        private int guestSpace;
        private int guestForwarded;
        private boolean established;
        private boolean gone;

        Host(int guestPort, int hostPort, SocketChannel channel) {
            this.guestPort = guestPort;
            this.hostPort = hostPort;
            this.channel = channel;
        }

        synchronized int awaitRoom() throws InterruptedException {
            while (!gone && (!established || guestSpace - (sent - guestForwarded) <= 0)) {
                if (established && fault == Fault.CREDIT_EXCEEDED) {
                    return CHUNK;
                }
                wait();
            }
            return gone ? 0 : Math.min(CHUNK, guestSpace - (sent - guestForwarded));
        }

        synchronized void credit(ByteBuffer header) {
            guestSpace = header.getInt(36);
            guestForwarded = header.getInt(40);
            notifyAll();
        }

        synchronized void establish() {
            established = true;
            notifyAll();
        }

        synchronized void end() {
            gone = true;
            notifyAll();
        }

        private int read(ByteBuffer into) {
            try {
                return channel.read(into);
            } catch (IOException e) {
                return -1;
            }
        }

        void readFromHost() throws InterruptedException {
            ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
            while (true) {
                int room = awaitRoom();
                if (room == 0) {
                    return;
                }
                int n = read(buffer.clear().limit(room));
                if (n < 0) {
                    if (fault != Fault.NO_SHUTDOWN) {
                        context.execute(() -> give(packet(this, 4, 3)));
                    }
                    return;
                }
                byte[] data = Arrays.copyOf(buffer.array(), n);
                synchronized (this) {
                    sent += n;
                }
                context.execute(() -> give(packet(this, 5, 0, data)));
            }
        }
    }

    /// A device.
    ///
    /// @param path  the start of the paths of its sockets
    /// @param fault which rule it breaks
    /// @throws IOException if the host refuses
    public VsockTestDevice(Path path, Fault fault) throws IOException {
        this.path = path;
        this.fault = fault;
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
        var _ = Background.run(this::accept);
    }

    private void accept() throws IOException {
        while (true) {
            SocketChannel channel = listener.accept();
            StringBuilder line = new StringBuilder();
            ByteBuffer one = ByteBuffer.allocate(1);
            while (channel.read(one.clear()) > 0 && one.get(0) != '\n') {
                line.append((char) one.get(0));
            }
            int port = Integer.parseInt(line.substring("CONNECT ".length()));
            context.execute(() -> {
                var host = new Host(port, nextHostPort++, channel);
                hosts.put(port, host);
                give(packet(host, 1, 0));
            });
        }
    }

    @Override
    public DeviceType type() {
        return new DeviceType("vsock", 19);
    }

    @Override
    public int queueCount() {
        return QUEUES;
    }

    @Override
    public int worker(int queue) {
        return 0;
    }

    @Override
    public long features() {
        return fault == Fault.NOT_OFFERED ? 3 : 7;
    }

    @Override
    public ConfigSpace config() {
        return () -> ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(fault == Fault.CID_OF_THE_HOST ? 2 : CID)
                .array();
    }

    @Override
    public QueueHandler start(QueueContext started) {
        context = started;
        starts++;
        int queue = started.index();
        return new QueueHandler() {
            @Override
            public void handle(DescriptorChain chain) {
                VsockTestDevice.this.handle(queue, chain);
            }

            @Override
            public void quiesce() {
                held.get(queue).forEach(chain -> chain.complete(0));
                held.get(queue).clear();
                if (queue == 1) {
                    kept.forEach(chain -> chain.complete(0));
                    kept.clear();
                }
            }
        };
    }

    private void handle(int queue, DescriptorChain chain) {
        switch (queue) {
            case 0 -> {
                empty.add(chain);
                pump();
            }
            case 1 -> {
                unread.add(chain);
                readPackets();
            }
            default -> {
                events.add(chain);
                tellMoved();
            }
        }
    }

    /// Queues that start again without a reset between belong to a guest that was stopped, and has moved perhaps.
    private void tellMoved() {
        if (starts > QUEUES && !told && fault != Fault.MOVE_UNTOLD) {
            told = true;
            GuestBytes.complete(events.remove(), new byte[4]);
        }
    }

    private void readPackets() {
        while (!unread.isEmpty() && (fault != Fault.WAITS_FOR_BUFFERS || toGuest.isEmpty())) {
            DescriptorChain chain = unread.remove();
            ByteBuffer bytes = GuestBytes.readable(chain);
            boolean whole = bytes.capacity() >= HEADER
                    && bytes.getInt(24) <= bytes.capacity() - HEADER
                    && bytes.getInt(24) >= 0;
            if (whole) {
                chain.complete(0);
                serve(bytes);
            } else if (fault == Fault.KEEPS_MALFORMED) {
                kept.add(chain);
            } else {
                chain.complete(0);
            }
        }
    }

    private void serve(ByteBuffer packet) {
        int guestPort = packet.getInt(16);
        int hostPort = packet.getInt(20);
        int operation = packet.getShort(30);
        Host host = hosts.get(guestPort);
        if (packet.getShort(28) != 1) {
            if (fault != Fault.TYPE_UNREFUSED) {
                give(reset(packet));
            }
            return;
        }
        if (operation == 1) {
            connect(packet, guestPort, hostPort);
        } else if (host == null || host.hostPort != hostPort) {
            boolean answer = operation == 3 ? fault == Fault.RESETS_RESETS : fault != Fault.STRAYS_IGNORED;
            if (answer) {
                give(reset(packet));
            }
        } else {
            host.credit(packet);
            serve(host, operation, packet);
        }
    }

    private void serve(Host host, int operation, ByteBuffer packet) {
        switch (operation) {
            case 2 -> {
                host.establish();
                start(host);
                String word = fault == Fault.SAYS_NO ? "NO " : "OK ";
                write(host, ByteBuffer.wrap((word + host.hostPort + "\n").getBytes(StandardCharsets.US_ASCII)));
            }
            case 5 -> {
                int n = fault == Fault.WHOLE_BUFFER ? packet.capacity() - HEADER : packet.getInt(24);
                write(host, packet.slice(HEADER, n));
                host.forwarded += fault == Fault.COUNTS_NOTHING ? 0 : n;
                if (host.forwarded - host.told >= SPACE / 2) {
                    give(packet(host, 6, 0));
                }
            }
            case 7 -> {
                if (fault != Fault.CREDIT_UNTOLD) {
                    give(packet(host, 6, 0));
                }
            }
            case 3 -> end(host, false);
            case 4 -> shutDown(host, packet.getInt(32));
            default -> {
                // credit update
            }
        }
    }

    private void shutDown(Host host, int flags) {
        if (flags == 3 || fault == Fault.WHOLE_SHUTDOWN) {
            end(host, true);
        } else if (flags == 2) {
            quietly(host.channel::shutdownOutput);
        }
    }

    private void end(Host host, boolean answer) {
        hosts.remove(host.guestPort);
        host.end();
        if (fault != Fault.KEEPS_HOST) {
            quietly(host.channel::close);
        }
        if (answer && fault != Fault.NO_RESET_AFTER_SHUTDOWN) {
            give(packet(host, 3, 0));
        }
    }

    @FunctionalInterface
    private interface HostCall {
        void call() throws IOException;
    }

    /// The host may have closed its end before.
    private static void quietly(HostCall call) {
        try {
            call.call();
        } catch (IOException e) {
            // it has
        }
    }

    private static void write(Host host, ByteBuffer data) {
        try {
            while (data.hasRemaining()) {
                host.channel.write(data);
            }
        } catch (IOException e) {
            // the host has closed its end: the thread that reads from it says so
        }
    }

    private void connect(ByteBuffer packet, int guestPort, int hostPort) {
        try {
            SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path + "_" + hostPort));
            var host = new Host(guestPort, hostPort, channel);
            host.credit(packet);
            host.establish();
            hosts.put(guestPort, host);
            give(packet(host, 2, 0));
            start(host);
        } catch (IOException e) {
            if (fault != Fault.REFUSAL_UNSAID) {
                give(reset(packet));
            }
        }
    }

    private static void start(Host host) {
        var _ = Background.run(host::readFromHost);
    }

    private byte[] reset(ByteBuffer packet) {
        return ByteBuffer.allocate(HEADER)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(2)
                .putLong(CID)
                .putInt(packet.getInt(20))
                .putInt(packet.getInt(16))
                .putShort(28, fault == Fault.REFUSES_AS_STREAM ? (short) 1 : packet.getShort(28))
                .putShort(30, (short) 3)
                .array();
    }

    private byte[] packet(Host host, int operation, int flags, byte... data) {
        host.told = host.forwarded;
        return ByteBuffer.allocate(HEADER + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(2)
                .putLong(CID)
                .putInt(host.hostPort)
                .putInt(host.guestPort)
                .putInt(data.length)
                .putShort((short) 1)
                .putShort((short) operation)
                .putInt(flags)
                .putInt(fault == Fault.NO_SPACE ? 0 : SPACE)
                .putInt(host.forwarded)
                .put(data)
                .array();
    }

    private void give(byte... packet) {
        toGuest.add(packet);
        pump();
    }

    /// A packet with a part of the data of another one.
    private static byte[] cut(byte[] packet, int from, int to) {
        byte[] part = Arrays.copyOf(packet, HEADER + to - from);
        System.arraycopy(packet, HEADER + from, part, HEADER, to - from);
        var _ = ByteBuffer.wrap(part).order(ByteOrder.LITTLE_ENDIAN).putInt(24, to - from);
        return part;
    }

    private void pump() {
        while (!toGuest.isEmpty() && !empty.isEmpty()) {
            byte[] packet = toGuest.remove();
            int room = (int) empty.element().writable().length();
            if (packet.length > room) {
                toGuest.addFirst(cut(packet, room - HEADER, packet.length - HEADER));
                packet = cut(packet, 0, room - HEADER);
            }
            GuestBytes.complete(empty.remove(), packet);
        }
        if (toGuest.isEmpty() && !unread.isEmpty()) {
            readPackets();
        }
    }

    @Override
    public void reset() {
        starts = 0;
        told = false;
        hosts.values().forEach(Host::end);
        hosts.clear();
        toGuest.clear();
    }

    @Override
    public void close() {
        reset();
        try {
            listener.close();
            var _ = Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
