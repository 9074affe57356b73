package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.core.sys.UnixSocket;
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
    private static final int ACCEPT_MILLIS = 50;

    private final Path path;
    private final VsockFault fault;
    private final Map<Integer, Host> hosts = new HashMap<>();
    private final ArrayDeque<DescriptorChain> empty = new ArrayDeque<>();
    private final ArrayDeque<DescriptorChain> events = new ArrayDeque<>();
    private final ArrayDeque<DescriptorChain> unread = new ArrayDeque<>();
    private final List<ArrayDeque<DescriptorChain>> held = List.of(empty, unread, events);
    private final ArrayDeque<DescriptorChain> kept = new ArrayDeque<>();
    private final ArrayDeque<byte[]> toGuest = new ArrayDeque<>();
    private final ServerSocketChannel listener;
    private final @Nullable OwnedFd messages;
    private volatile QueueContext context;
    private volatile boolean closed;
    private int starts;
    private boolean told;
    private int nextHostPort = 1 << 30;

    /// One connection: what the host's thread and the worker share is guarded by the object itself.
    private final class Host {
        private final int guestPort;
        private final int hostPort;
        private final VsockHostEnd end;
        private final int session = starts;
        private int sent;
        private int forwarded;
        private int told;
        private int guestSpace;
        private int guestForwarded;
        private boolean established;
        private boolean gone;

        Host(int guestPort, int hostPort, VsockHostEnd end) {
            this.guestPort = guestPort;
            this.hostPort = hostPort;
            this.end = end;
        }

        synchronized int awaitRoom() throws InterruptedException {
            while (!gone && (!established || guestSpace - (sent - guestForwarded) <= 0)) {
                if (established && fault == VsockFault.CREDIT_EXCEEDED) {
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
                return end.read(into);
            } catch (IOException e) {
                return -1;
            }
        }

        /// The next guest has connections between the same ports.
        private void tellGuest(int operation, int flags, byte... data) {
            context.execute(() -> {
                if (session == starts) {
                    give(packet(this, operation, flags, data));
                }
            });
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
                    if (fault != VsockFault.NO_SHUTDOWN) {
                        tellGuest(4, 3);
                    }
                    return;
                }
                byte[] data = Arrays.copyOf(buffer.array(), n);
                int flags = end.ended() && fault != VsockFault.ENDS_UNTOLD ? 1 : 0;
                synchronized (this) {
                    sent += n;
                }
                tellGuest(5, flags, data);
            }
        }
    }

    /// A device.
    ///
    /// @param path  the start of the paths of its sockets
    /// @param fault which rule it breaks
    /// @throws IOException if the host refuses
    public VsockTestDevice(Path path, VsockFault fault) throws IOException {
        this.path = path;
        this.fault = fault;
        messages = VsockHostEnd.listenForMessages(messagePath(path));
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
        var _ = Background.run(this::accept);
        if (messages != null) {
            OwnedFd fd = messages;
            var _ = Background.run(() -> acceptMessages(fd));
        }
    }

    private static Path messagePath(Path path) {
        return Path.of(path + ".seqpacket");
    }

    private void accept() throws IOException {
        while (true) {
            call(new VsockHostEnd.Stream(listener.accept()));
        }
    }

    private void acceptMessages(OwnedFd fd) throws IOException {
        while (!closed) {
            OwnedFd accepted = Sockets.accept(fd.number());
            if (accepted != null) {
                call(new VsockHostEnd.Messages(accepted));
            } else {
                var _ = UnixSocket.poll(fd.number(), Poller.READ, ACCEPT_MILLIS);
            }
        }
    }

    private void call(VsockHostEnd end) throws IOException {
        StringBuilder line = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (end.read(one.clear()) > 0 && one.get(0) != '\n') {
            line.append((char) one.get(0));
        }
        int port = Integer.parseInt(line.substring("CONNECT ".length()));
        context.execute(() -> {
            var host = new Host(port, nextHostPort++, end);
            hosts.put(port, host);
            give(packet(host, 1, 0));
        });
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
        return fault == VsockFault.NOT_OFFERED ? 3 : 7;
    }

    @Override
    public ConfigSpace config() {
        return () -> ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(fault == VsockFault.CID_OF_THE_HOST ? 2 : CID)
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
        if (starts > QUEUES && !told && fault != VsockFault.MOVE_UNTOLD) {
            told = true;
            GuestBytes.complete(events.remove(), new byte[4]);
        }
    }

    private void readPackets() {
        while (!unread.isEmpty() && (fault != VsockFault.WAITS_FOR_BUFFERS || toGuest.isEmpty())) {
            DescriptorChain chain = unread.remove();
            ByteBuffer bytes = GuestBytes.readable(chain);
            boolean whole = bytes.capacity() >= HEADER
                    && bytes.getInt(24) <= bytes.capacity() - HEADER
                    && bytes.getInt(24) >= 0;
            if (whole) {
                chain.complete(0);
                serve(bytes);
            } else if (fault == VsockFault.KEEPS_MALFORMED) {
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
        if (!isOffered(packet.getShort(28))) {
            if (fault != VsockFault.TYPE_UNREFUSED) {
                give(reset(packet));
            }
            return;
        }
        if (operation == 1) {
            connect(packet, guestPort, hostPort);
        } else if (host == null || host.hostPort != hostPort) {
            boolean answer = operation == 3 ? fault == VsockFault.RESETS_RESETS : fault != VsockFault.STRAYS_IGNORED;
            if (answer) {
                give(reset(packet));
            }
        } else {
            host.credit(packet);
            serve(host, operation, packet);
        }
    }

    private boolean isOffered(int type) {
        return type == 1 || (type == 2 && context.features().has(1) && fault != VsockFault.REFUSES_AS_STREAM);
    }

    private void serve(Host host, int operation, ByteBuffer packet) {
        switch (operation) {
            case 2 -> {
                host.establish();
                start(host);
                String word = fault == VsockFault.SAYS_NO ? "NO " : "OK ";
                write(host, ByteBuffer.wrap((word + host.hostPort + "\n").getBytes(StandardCharsets.US_ASCII)), true);
            }
            case 5 -> {
                int n = fault == VsockFault.WHOLE_BUFFER ? packet.capacity() - HEADER : packet.getInt(24);
                boolean ends = (packet.getInt(32) & 1) != 0 || fault == VsockFault.BORDERS_LOST;
                write(host, packet.slice(HEADER, n), ends);
                host.forwarded += fault == VsockFault.COUNTS_NOTHING ? 0 : n;
                if (host.forwarded - host.told >= SPACE / 2) {
                    give(packet(host, 6, 0));
                }
            }
            case 7 -> {
                if (fault != VsockFault.CREDIT_UNTOLD) {
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
        if (flags == 3 || fault == VsockFault.WHOLE_SHUTDOWN) {
            end(host, true);
        } else if (flags == 2) {
            quietly(host.end::shutdownOutput);
        }
    }

    private void end(Host host, boolean answer) {
        hosts.remove(host.guestPort);
        host.end();
        if (fault != VsockFault.KEEPS_HOST) {
            quietly(host.end::close);
        }
        if (answer && fault != VsockFault.NO_RESET_AFTER_SHUTDOWN) {
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

    private static void write(Host host, ByteBuffer data, boolean ends) {
        try {
            host.end.write(data, ends);
        } catch (IOException e) {
            // the host has closed its end: the thread that reads from it says so
        }
    }

    private void connect(ByteBuffer packet, int guestPort, int hostPort) {
        try {
            var host = new Host(
                    guestPort, hostPort, VsockHostEnd.connect(packet.getShort(28), Path.of(path + "_" + hostPort)));
            host.credit(packet);
            host.establish();
            hosts.put(guestPort, host);
            give(packet(host, 2, 0));
            start(host);
        } catch (IOException e) {
            if (fault != VsockFault.REFUSAL_UNSAID) {
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
                .putShort(28, fault == VsockFault.REFUSES_AS_STREAM ? (short) 1 : packet.getShort(28))
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
                .putShort((short) host.end.type())
                .putShort((short) operation)
                .putInt(flags)
                .putInt(fault == VsockFault.NO_SPACE ? 0 : SPACE)
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
        if (HEADER + to < packet.length) {
            var _ = ByteBuffer.wrap(part).order(ByteOrder.LITTLE_ENDIAN).putInt(32, 0); // the message goes on
        }
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
            closed = true;
            listener.close();
            if (messages != null) {
                messages.close();
            }
            var _ = Files.deleteIfExists(path);
            var _ = Files.deleteIfExists(messagePath(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
