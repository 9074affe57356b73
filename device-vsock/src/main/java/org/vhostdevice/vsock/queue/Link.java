package org.vhostdevice.vsock.queue;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines.Deadline;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.vsock.connection.Connection;
import org.vhostdevice.vsock.connection.Connection.Address;
import org.vhostdevice.vsock.host.HostEnd;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;

/// A connection with its end on the host, and with what the host has not taken yet.
///
/// After whatever happens, [#update] puts it in line for packets to the guest if there is anything for it, and says
/// what its end is watched for. One thread.
abstract sealed class Link implements Watcher permits StreamLink, MessageLink {
    /// How long the host, or the guest, may take to grant a connection.
    private static final long GRANT_NANOS = 10_000_000_000L;

    /// How long the other side may take to end a connection that one side has ended.
    private static final long END_NANOS = 8_000_000_000L;

    /// How long before a host that has no room for one more connection is asked again.
    private static final long RETRY_NANOS = 10_000_000;

    /// How long the guest may leave the host without room before it is asked about that.
    private static final long ROOM_NANOS = 20_000_000;

    final Hub hub;
    final Connection connection;
    /// What the host has not taken.
    final ByteQueue out;

    /// What the host gave and the guest has not got.
    final ByteQueue in;

    private final long grantUntil = System.nanoTime() + GRANT_NANOS;
    private @Nullable HostEnd end;
    private boolean readable;
    private boolean hungUp;
    private boolean blocked;
    private int interest;

    /// By when it is granted, or has ended.
    private final Deadline ending = new Deadline(this::late);

    /// By when the guest makes room.
    private final Deadline lack = new Deadline(this::lackRoom);

    // Of the table and of the line of those that have packets for the guest.
    @Nullable
    Link nextInTable;

    @Nullable
    Link nextInLine;

    boolean inLine;

    /// @param end null while the host has no room for one more connection
    Link(Hub hub, Connection connection, @Nullable HostEnd end) {
        this.hub = hub;
        this.connection = connection;
        this.end = end;
        this.out = new ByteQueue(hub.pool());
        this.in = new ByteQueue(hub.pool());
    }

    /// Gives the host the data of a packet, as far as it takes it, and keeps the rest.
    ///
    /// @return whether the chain is completed later, and not by the caller
    /// @throws IOException if the host's end is broken
    abstract boolean takeData(HostEnd host, PacketHeader packet, DescriptorChain chain) throws IOException;

    /// Gives the host what was kept, as far as it takes it.
    ///
    /// @throws IOException if the host's end is broken
    abstract void flush(HostEnd host) throws IOException;

    /// Whether something is kept that could be given to the host.
    abstract boolean canFlush();

    /// Sends data of the host to the guest, which has room.
    ///
    /// @return whether a buffer of the guest was used
    /// @throws IOException if the host's end is broken
    abstract boolean sendData(HostEnd host, RxBuffers rx) throws IOException;

    /// Drops what is kept.
    void clear() {
        out.clear();
        in.clear();
    }

    /// Sends what the host gave before, as much as the guest's first buffer has room for.
    ///
    /// @param endFlags of the packet with the last of it
    final void sendKept(RxBuffers rx, int endFlags) {
        int part = Math.min(rx.nextPart(connection.room()), in.size());
        if (part == 0) {
            rx.send(connection, Operation.CREDIT_UPDATE); // the buffer is good for nothing else
        } else {
            in.moveTo(rx.first(), PacketHeader.BYTES, part);
            rx.sendFirst(connection, part, in.isEmpty() ? endFlags : 0);
        }
    }

    final Address address() {
        return connection.address();
    }

    /// Begins, once it is in the table.
    void begin() {
        HostEnd host = end;
        if (host == null) {
            hub.deadlines().set(ending, RETRY_NANOS);
        } else {
            useEnd(host);
        }
        update();
    }

    private void useEnd(HostEnd host) {
        end = host;
        if (connection.awaitsHost() && host.isConnected()) {
            connection.connected();
        } else {
            hub.deadlines().set(ending, Math.max(0, grantUntil - System.nanoTime()));
        }
        hub.attach(this);
    }

    /// Begins to be told by the host's end.
    void attach(QueueContext context) {
        HostEnd host = end;
        if (host != null) {
            try {
                host.attach(context, this);
                interest = 0;
                update();
            } catch (IOException e) {
                failed(e);
            }
        }
    }

    /// Is told nothing any more.
    void detach() {
        HostEnd host = end;
        if (host != null) {
            host.detach();
        }
    }

    /// Takes a packet of the guest that belongs to this connection.
    ///
    /// @param chain with the packet
    /// @return whether the chain is completed later, and not by the caller
    boolean take(PacketHeader packet, DescriptorChain chain) {
        boolean later = false;
        if (packet.op() != Operation.RST && packet.len() > chain.readable().length() - PacketHeader.BYTES) {
            connection.close();
        } else {
            switch (connection.receive(packet)) {
                case NONE, CLOSED -> {}
                case GRANTED -> granted();
                case SHUTDOWN -> guestShutDown();
                case DATA -> later = take(end, packet, chain);
            }
        }
        update();
        return later;
    }

    private boolean take(@Nullable HostEnd host, PacketHeader packet, DescriptorChain chain) {
        try {
            return host != null && takeData(host, packet, chain);
        } catch (IOException e) {
            outputFailed(e);
            return false;
        }
    }

    private void granted() {
        HostEnd host = end;
        hub.deadlines().clear(ending);
        try {
            if (host != null) {
                host.granted(address().hostPort());
            }
        } catch (IOException e) {
            connection.close();
        }
    }

    /// What is done with the host's end.
    @FunctionalInterface
    interface Output {
        void give(HostEnd host) throws IOException;
    }

    /// Gives the host something, if it is still there.
    final void give(Output output) {
        HostEnd host = end;
        try {
            if (host != null) {
                output.give(host);
            }
        } catch (IOException e) {
            outputFailed(e);
        }
    }

    private void flushNow(HostEnd host) {
        give(this::flush);
        if (!canFlush() && connection.guestSendsNoMore()) {
            endOutput(host);
        }
    }

    /// The host takes no more, or the connection is broken.
    private void outputFailed(IOException cause) {
        if (cause instanceof ErrnoException failure && failure.errno() == Errno.EPIPE) {
            drop();
            hostShutdown(Operation.SHUTDOWN_RCV);
        } else {
            connection.close();
        }
    }

    /// Drops what was kept for the host, as if it had taken it.
    private void drop() {
        clear();
        connection.forward(connection.held());
    }

    private void hostShutdown(int flags) {
        connection.hostShutdown(flags);
        if (connection.hostHasEnded()) {
            hub.deadlines().set(ending, END_NANOS);
        }
    }

    private void guestShutDown() {
        HostEnd host = end;
        if (host == null) {
            return;
        }
        if (connection.guestReceivesNoMore()) {
            readable = false;
            host.shutdown(true, false);
        }
        if (connection.guestSendsNoMore()) {
            if (!canFlush()) {
                endOutput(host);
            } else if (connection.guestReceivesNoMore()) {
                hub.deadlines().set(ending, END_NANOS);
            }
        }
    }

    /// The host has taken all that the guest has sent, and the guest sends no more.
    private void endOutput(HostEnd host) {
        if (connection.guestReceivesNoMore()) {
            connection.close();
        } else {
            host.shutdown(false, true);
        }
    }

    @Override
    public void ready(int what) {
        HostEnd host = end;
        if (host == null) {
            return;
        }
        boolean over = (what & HANGUP) != 0;
        if (connection.awaitsHost()) {
            answered(host);
        } else {
            hungUp |= over;
            readable |= over || (what & READ) != 0;
            if (canFlush() && (over || (what & WRITE) != 0)) {
                flushNow(host);
            }
        }
        update();
    }

    private void answered(HostEnd host) {
        try {
            host.requireConnected();
            hub.deadlines().clear(ending);
            connection.connected();
        } catch (IOException e) {
            failed(e);
        }
    }

    private void failed(IOException cause) {
        hub.debug(this, cause);
        connection.close();
        update();
    }

    private void late() {
        if (end == null) {
            retry();
        } else {
            connection.close();
        }
        update();
    }

    private void retry() {
        if (System.nanoTime() - grantUntil >= 0) {
            connection.close();
            return;
        }
        try {
            HostEnd host = hub.connectHost(address());
            if (host == null) {
                connection.close();
            } else {
                useEnd(host);
            }
        } catch (IOException e) {
            if (Hub.mayComeLater(e)) {
                hub.deadlines().set(ending, RETRY_NANOS);
            } else {
                connection.close();
            }
        }
    }

    /// Sends the next packet to the guest.
    ///
    /// @param rx has a buffer
    void send(RxBuffers rx) {
        int op = connection.nextOperation();
        HostEnd host = end;
        if (op != Operation.INVALID) {
            rx.send(connection, op);
        } else if (host != null && hasData() && connection.room() > 0) {
            sendDataOf(host, rx);
        }
        update();
    }

    private void sendDataOf(HostEnd host, RxBuffers rx) {
        try {
            if (!sendData(host, rx) && connection.owesPacket()) {
                rx.send(connection, connection.nextOperation()); // there was none, but an end
            }
        } catch (IOException e) {
            hub.debug(this, e);
            connection.close();
        }
    }

    /// The host has nothing more now.
    final void isEmpty() {
        readable = false;
    }

    /// The host sends no more.
    final void hasEnded() {
        readable = false;
        hostShutdown(hungUp ? Operation.SHUTDOWN_BOTH : Operation.SHUTDOWN_SEND);
    }

    private boolean hasData() {
        return (readable || !in.isEmpty()) && connection.isOpen() && connection.wantsData();
    }

    /// Whether there is something for the guest that may be sent.
    final boolean hasPacket() {
        return connection.owesPacket() || (hasData() && connection.room() > 0);
    }

    /// Does what follows from whatever has happened.
    final void update() {
        if (connection.isClosed()) {
            release();
            if (!connection.owesPacket()) {
                hub.remove(this);
                return;
            }
        } else {
            watchRoom();
            watchEnd();
        }
        if (hasPacket()) {
            hub.line(this);
        }
    }

    private void watchRoom() {
        boolean lacks = hasData() && connection.room() == 0;
        if (lacks != blocked) {
            blocked = lacks;
            if (lacks) {
                hub.deadlines().set(lack, ROOM_NANOS);
            } else {
                hub.deadlines().clear(lack);
            }
        }
    }

    private void lackRoom() {
        connection.lackRoom();
        update();
    }

    private void watchEnd() {
        HostEnd host = end;
        if (host == null) {
            return;
        }
        boolean reads = !readable && connection.isOpen() && connection.wantsData();
        boolean writes = canFlush() || !host.isConnected();
        int wanted = (reads ? READ : 0) | (writes ? WRITE : 0);
        if (wanted != interest) {
            try {
                host.interest(wanted);
                interest = wanted;
            } catch (IOException e) {
                failed(e);
            }
        }
    }

    /// Lets the host's end go.
    final void release() {
        HostEnd host = end;
        if (host != null) {
            end = null;
            host.close();
        }
        hub.deadlines().clear(ending);
        hub.deadlines().clear(lack);
        clear();
        readable = false;
    }
}
