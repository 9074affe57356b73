package org.vhostdevice.vsock.queue;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.vsock.connection.Connection;
import org.vhostdevice.vsock.connection.Connection.Address;
import org.vhostdevice.vsock.host.GuestSide;
import org.vhostdevice.vsock.host.HostEnd;
import org.vhostdevice.vsock.host.HostPorts;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

/// All connections of a guest, between its queues and the host.
///
/// While the guest's receive and transmit queues run, everything happens on the thread that serves them. Otherwise
/// nothing happens: connections stay as they are until the queues run again, or the device is reset.
final class Hub implements GuestSide {
    private static final Logger LOGGER = System.getLogger(Hub.class.getName());

    /// Ports of the host by which guests know who has connected to them: out of the way of those that people
    /// choose.
    private static final int FIRST_PORT = 1 << 30;

    private static final int LEAST_MESSAGE = 64 << 10;

    private final HubOptions options;
    private final List<HostPorts> ports;
    private final LinkTable links = new LinkTable();
    private final Resets resets = new Resets();
    private final Deadlines deadlines = new Deadlines();
    private final BufferPool pool;
    private final IoVecs vectors = new IoVecs();
    private final PacketHeader packet = new PacketHeader();
    private final TxBatch batch = new TxBatch();
    private @Nullable SegmentBuffers scratch;
    private @Nullable Link first;
    private @Nullable Link last;
    private @Nullable QueueContext rx;
    private @Nullable QueueContext tx;
    private boolean streams = true;
    private boolean messages;
    private int callers;
    private boolean hadRoom = true;
    private int nextPort = FIRST_PORT;

    /// @param ports of the host, which are asked in their order; closed with this
    Hub(HubOptions options, List<HostPorts> ports) {
        this.options = options;
        this.ports = List.copyOf(ports);
        this.pool = new BufferPool(options.poolBytes());
    }

    /// The receive queue has started.
    void startRx(QueueContext context) throws IOException {
        rx = context;
        try {
            startBoth();
        } catch (IOException e) {
            stopRx();
            throw e;
        }
    }

    /// The transmit queue has started.
    void startTx(QueueContext context) throws IOException {
        tx = context;
        try {
            startBoth();
        } catch (IOException e) {
            stopTx();
            throw e;
        }
    }

    private void startBoth() throws IOException {
        QueueContext context = rx;
        if (context == null || tx == null) {
            return;
        }
        FeatureSet features = context.features();
        messages = features.has(VsockFeature.SEQPACKET);
        streams = features.has(VsockFeature.STREAM) || !features.has(VsockFeature.NO_IMPLIED_STREAM);
        for (HostPorts some : ports) {
            some.attach(context, this);
        }
        for (Link link : links.all()) {
            link.attach(context);
        }
    }

    /// The receive queue stops.
    void stopRx() {
        stopBoth();
        rx = null;
    }

    /// The transmit queue stops.
    void stopTx() {
        batch.forget();
        stopBoth();
        tx = null;
    }

    private void stopBoth() {
        if (rx != null && tx != null) {
            for (Link link : links.all()) {
                link.detach();
            }
            ports.forEach(HostPorts::detach);
        }
    }

    private boolean runs() {
        return rx != null && tx != null;
    }

    /// Ends all connections, without a word to the guest. The queues have stopped.
    ///
    /// @return whether there were any
    boolean reset() {
        Link[] all = links.all();
        for (Link link : all) {
            link.release();
            links.remove(link);
        }
        first = null;
        last = null;
        resets.clear();
        roomChanged();
        return all.length > 0;
    }

    /// Ends all connections, and whoever waits on the host. The queues have stopped.
    void close() {
        boolean _ = reset();
        ports.forEach(HostPorts::close);
    }

    /// Takes a packet of the guest.
    ///
    /// @param chain with the packet; completed now, or by [#flush]
    void take(DescriptorChain chain) {
        if (chain.readable().length() < PacketHeader.BYTES || !takePacket(chain)) {
            chain.complete(0);
        }
    }

    /// @return whether the chain is completed later
    private boolean takePacket(DescriptorChain chain) {
        packet.read(chain.readable());
        boolean ours = packet.srcCid() == options.guestCid();
        Link link = batch.link();
        if (link != null
                && !(ours && packet.op() == Operation.RW && link.address().matches(packet))) {
            batch.flush();
            link = null;
        }
        if (link == null && ours) {
            link = links.find(packet);
        }
        if (link != null) {
            boolean later = link.take(packet, chain);
            if (batch.isFull()) {
                batch.flush();
            }
            return later;
        }
        if (packet.op() != Operation.RST && !(packet.op() == Operation.REQUEST && open())) {
            resets.add(packet);
            resumeRx();
        }
        return false;
    }

    /// Puts a packet with data to those of the same stream before it, so that the host gets them together.
    ///
    /// @return whether that could be done
    boolean batch(StreamLink link, DescriptorChain chain, int bytes) {
        if (!batch.add(link, chain, bytes)) {
            batch.flush();
            return link.out.isEmpty() && batch.add(link, chain, bytes);
        }
        return true;
    }

    /// Does with packets what is still to be done.
    void flush() {
        batch.flush();
    }

    /// Whether packets of the guest can be taken.
    boolean canTake() {
        return !resets.isFull();
    }

    /// @return whether the guest's request leads to a connection
    private boolean open() {
        SocketType type = PacketType.socket(packet.type());
        if (packet.srcCid() != options.guestCid() || type == null || !speaks(type) || !hasRoom()) {
            return false;
        }
        HostEnd end = null;
        try {
            end = connectHost(Address.of(packet), type);
            if (end == null) {
                return false;
            }
        } catch (IOException e) {
            if (!mayComeLater(e)) {
                LOGGER.log(Level.DEBUG, () -> "the guest is refused: " + e.getMessage());
                return false;
            }
        }
        add(Connection.askedByGuest(packet, options.bufAlloc()), end);
        return true;
    }

    private boolean speaks(SocketType type) {
        return type == SocketType.STREAM ? streams : messages;
    }

    /// Connects to somebody on the host.
    ///
    /// @return null if there is nobody
    @Nullable
    HostEnd connectHost(Address address) throws IOException {
        SocketType type = PacketType.socket(address.type());
        return type == null ? null : connectHost(address, type);
    }

    private @Nullable HostEnd connectHost(Address address, SocketType type) throws IOException {
        for (HostPorts some : ports) {
            HostEnd end = some.connect(address, type);
            if (end != null) {
                return end;
            }
        }
        return null;
    }

    /// Whether the host may have room for a connection a little later.
    static boolean mayComeLater(IOException cause) {
        return cause instanceof ErrnoException failure && failure.errno() == Errno.EAGAIN;
    }

    @Override
    public void connect(HostEnd end, int guestPort, SocketType type) {
        Address address;
        do {
            address = new Address(HOST_CID, nextPort, options.guestCid(), guestPort, PacketType.of(type));
            nextPort = nextPort == Integer.MAX_VALUE ? FIRST_PORT : nextPort + 1;
        } while (links.has(address));
        ask(end, address, type);
    }

    @Override
    public void connect(HostEnd end, long cid, int port, int guestPort, SocketType type) {
        ask(end, new Address(cid, port, options.guestCid(), guestPort, PacketType.of(type)), type);
    }

    private void ask(HostEnd end, Address address, SocketType type) {
        if (runs() && speaks(type) && hasRoom() && !links.has(address)) {
            add(Connection.askedByHost(address, options.bufAlloc()), end);
        } else {
            end.close();
        }
    }

    private void add(Connection connection, @Nullable HostEnd end) {
        Link link = connection.address().type() == PacketType.STREAM
                ? new StreamLink(this, connection, end)
                : new MessageLink(this, connection, end);
        links.add(link);
        roomChanged();
        link.begin();
    }

    /// A connection has ended, and nothing is owed to the guest.
    void remove(Link link) {
        links.remove(link);
        roomChanged();
    }

    /// Begins to tell a connection what its end is ready for.
    void attach(Link link) {
        QueueContext context = rx;
        if (context != null && runs()) {
            link.attach(context);
        }
    }

    @Override
    public boolean hasRoom() {
        return links.size() + callers < options.maxConnections();
    }

    @Override
    public void callerCame() {
        callers++;
        roomChanged();
    }

    @Override
    public void callerWent() {
        callers--;
        roomChanged();
    }

    private void roomChanged() {
        boolean room = hasRoom();
        if (room != hadRoom) {
            hadRoom = room;
            ports.forEach(some -> some.roomChanged(room));
        }
    }

    @Override
    public Deadlines deadlines() {
        return deadlines;
    }

    /// What connections use for vectored I/O, one at a time.
    IoVecs vectors() {
        return vectors;
    }

    /// Where connections put a part of a message, one at a time.
    SegmentBuffers scratch() {
        SegmentBuffers there = scratch;
        if (there == null) {
            int bytes = Math.max(options.bufAlloc(), LEAST_MESSAGE);
            there = new SegmentBuffers(Arena.ofAuto().allocate(bytes, Long.BYTES));
            scratch = there;
        }
        return there;
    }

    BufferPool pool() {
        return pool;
    }

    /// Puts a connection in line for packets to the guest.
    void line(Link link) {
        if (link.inLine) {
            return;
        }
        link.inLine = true;
        if (last == null) {
            first = link;
        } else {
            last.nextInLine = link;
        }
        last = link;
        resumeRx();
    }

    private void resumeRx() {
        if (rx != null) {
            rx.resume();
        }
    }

    /// Whether there are packets for the guest.
    boolean hasPackets() {
        return first != null || !resets.isEmpty();
    }

    /// Sends packets to the guest, each connection one at a time, as long as there are buffers and packets.
    void send(RxBuffers buffers) {
        while (buffers.any() && hasPackets()) {
            if (!resets.isEmpty()) {
                sendReset(buffers);
            } else {
                sendNext(buffers);
            }
        }
    }

    private void sendReset(RxBuffers buffers) {
        boolean full = resets.isFull();
        buffers.send(resets);
        if (full && tx != null) {
            tx.resume();
        }
    }

    private void sendNext(RxBuffers buffers) {
        Link link = first;
        if (link != null) {
            first = link.nextInLine;
            last = first == null ? null : last;
            link.nextInLine = null;
            link.inLine = false;
            link.send(buffers);
        }
    }

    /// Notes why a connection ended, for those who want to know.
    void debug(Link link, IOException cause) {
        LOGGER.log(Level.DEBUG, () -> link.address() + " ends: " + cause.getMessage());
    }
}
