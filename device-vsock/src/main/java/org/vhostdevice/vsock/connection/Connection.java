package org.vhostdevice.vsock.connection;

import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

/// A connection of the guest with the host, as the rules of packets have it (VIRTIO 1.4, 5.10.6): who has asked,
/// who sends no more, what each side has room for, and which packets are owed to the guest. Where the bytes are is
/// not known here. One thread.
///
/// It is in one of four states. Asked for by the guest, it waits for the host; asked for by the host, it waits for
/// the guest; then it is open; in the end it is closed, and only a reset may still be owed to the guest. What the
/// guest sends against the rules closes it.
public final class Connection {
    private static final int OWES_RST = 1;
    private static final int OWES_REQUEST = 1 << 1;
    private static final int OWES_RESPONSE = 1 << 2;
    private static final int OWES_SHUTDOWN = 1 << 3;
    private static final int OWES_CREDIT_UPDATE = 1 << 4;
    private static final int OWES_CREDIT_REQUEST = 1 << 5;

    private enum State {
        AWAITS_HOST,
        AWAITS_GUEST,
        OPEN,
        CLOSED
    }

    /// What a packet of the guest means for the host's end.
    public enum Effect {
        /// Nothing.
        NONE,
        /// The guest grants the connection.
        GRANTED,
        /// The data of the packet is for the host.
        DATA,
        /// The guest sends or receives no more: see [#guestSendsNoMore] and [#guestReceivesNoMore].
        SHUTDOWN,
        /// The connection is closed.
        CLOSED
    }

    private final Address address;
    private final Credit credit;
    private State state;
    private int owed;
    private int guestShutdown;
    private int hostShutdown;
    private boolean creditAsked;

    /// Between whom a connection is. There is at most one at a time between the same.
    ///
    /// @param hostCid context id that the guest knows the host's end by
    /// @param hostPort port of the host's end
    /// @param guestCid context id of the guest
    /// @param guestPort port of the guest's end
    /// @param type of the sockets, as in packets
    public record Address(long hostCid, int hostPort, long guestCid, int guestPort, int type) {
        /// The address that a packet of the guest names.
        ///
        /// @param packet of the guest
        /// @return the address
        public static Address of(PacketHeader packet) {
            return new Address(packet.dstCid(), packet.dstPort(), packet.srcCid(), packet.srcPort(), packet.type());
        }

        /// Tells whether a packet of the guest belongs here.
        ///
        /// @param packet of the guest, whose own context id was checked
        /// @return whether it does
        public boolean matches(PacketHeader packet) {
            return packet.dstPort() == hostPort
                    && packet.srcPort() == guestPort
                    && packet.dstCid() == hostCid
                    && packet.type() == type;
        }
    }

    private Connection(Address address, int bufAlloc, State state, int owed) {
        this.address = address;
        this.credit = new Credit(bufAlloc);
        this.state = state;
        this.owed = owed;
    }

    /// A connection that the guest asks for.
    ///
    /// @param request its packet
    /// @param bufAlloc bytes that are kept for the host at most, 1 to 2^30
    /// @return the connection, which waits for the host
    public static Connection askedByGuest(PacketHeader request, int bufAlloc) {
        var connection = new Connection(Address.of(request), bufAlloc, State.AWAITS_HOST, 0);
        if (!connection.credit.update(request.bufAlloc(), request.fwdCnt())) {
            connection.close();
        }
        return connection;
    }

    /// A connection that the host asks for.
    ///
    /// @param address of both ends
    /// @param bufAlloc bytes that are kept for the host at most, 1 to 2^30
    /// @return the connection, which waits for the guest
    public static Connection askedByHost(Address address, int bufAlloc) {
        return new Connection(address, bufAlloc, State.AWAITS_GUEST, OWES_REQUEST);
    }

    /// {@return between whom it is}
    public Address address() {
        return address;
    }

    /// Takes a packet of the guest that belongs to the connection.
    ///
    /// @param packet as it came
    /// @return what it means for the host's end
    public Effect receive(PacketHeader packet) {
        if (packet.op() == Operation.RST) {
            state = State.CLOSED;
            owed = 0;
            return Effect.CLOSED;
        }
        if (state == State.CLOSED) {
            return Effect.NONE; // the guest gets its reset
        }
        if (!credit.update(packet.bufAlloc(), packet.fwdCnt())) {
            return violated();
        }
        creditAsked &= credit.room() == 0;
        return switch (packet.op()) {
            case Operation.RESPONSE -> granted();
            case Operation.SHUTDOWN -> shutDown(packet.flags());
            case Operation.RW -> data(packet.len());
            case Operation.CREDIT_UPDATE -> Effect.NONE;
            case Operation.CREDIT_REQUEST -> {
                owed |= isOpen() ? OWES_CREDIT_UPDATE : 0;
                yield Effect.NONE;
            }
            default -> violated();
        };
    }

    private Effect violated() {
        close();
        return Effect.CLOSED;
    }

    private Effect granted() {
        if (state != State.AWAITS_GUEST || (owed & OWES_REQUEST) != 0) {
            return violated();
        }
        state = State.OPEN;
        return Effect.GRANTED;
    }

    private Effect shutDown(int flags) {
        if (!isOpen()) {
            return violated();
        }
        guestShutdown |= flags & Operation.SHUTDOWN_BOTH;
        return Effect.SHUTDOWN;
    }

    private Effect data(long bytes) {
        if (!isOpen() || guestSendsNoMore() || !credit.receive(bytes)) {
            return violated();
        }
        if ((hostShutdown & Operation.SHUTDOWN_RCV) != 0) {
            forward((int) bytes); // it was under way when the host took no more
            return Effect.NONE;
        }
        noteRoom();
        return bytes > 0 || packetsAreMessages() ? Effect.DATA : Effect.NONE;
    }

    private boolean packetsAreMessages() {
        return address.type != PacketType.STREAM;
    }

    /// The host has granted the connection that the guest asked for.
    public void connected() {
        if (state == State.AWAITS_HOST) {
            state = State.OPEN;
            owed |= OWES_RESPONSE;
        }
    }

    /// Ends the connection at once. The guest is told, unless it never heard of it.
    public void close() {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            owed = (owed & OWES_REQUEST) != 0 ? 0 : OWES_RST;
        }
    }

    /// The host sends or takes no more.
    ///
    /// @param flags [Operation#SHUTDOWN_SEND], [Operation#SHUTDOWN_RCV] or both
    public void hostShutdown(int flags) {
        if (state == State.OPEN && (hostShutdown | flags) != hostShutdown) {
            hostShutdown |= flags;
            owed |= OWES_SHUTDOWN;
        }
    }

    /// The host has taken bytes that came from the guest.
    ///
    /// @param bytes how many
    public void forward(int bytes) {
        credit.forward(bytes);
        noteRoom();
    }

    private void noteRoom() {
        if (credit.owesUpdate()) {
            owed |= OWES_CREDIT_UPDATE;
        }
    }

    /// Bytes wait for the guest, which has no room. It is asked about that once.
    public void lackRoom() {
        if (!creditAsked && state == State.OPEN) {
            creditAsked = true;
            owed |= OWES_CREDIT_REQUEST;
        }
    }

    /// {@return whether data may flow, both ways as far as nothing else forbids}
    public boolean isOpen() {
        return state == State.OPEN && (owed & OWES_RESPONSE) == 0;
    }

    /// {@return whether it has ended; [#nextOperation] may still owe the guest its reset}
    public boolean isClosed() {
        return state == State.CLOSED;
    }

    /// {@return whether the guest has asked, and the host is to answer}
    public boolean awaitsHost() {
        return state == State.AWAITS_HOST;
    }

    /// {@return whether the host has asked, and the guest is to answer}
    public boolean awaitsGuest() {
        return state == State.AWAITS_GUEST;
    }

    /// {@return whether the guest has said that it sends no more}
    public boolean guestSendsNoMore() {
        return (guestShutdown & Operation.SHUTDOWN_SEND) != 0;
    }

    /// {@return whether the guest has said that it receives no more}
    public boolean guestReceivesNoMore() {
        return (guestShutdown & Operation.SHUTDOWN_RCV) != 0;
    }

    /// {@return whether the host has said that it neither sends nor takes any more}
    public boolean hostHasEnded() {
        return hostShutdown == Operation.SHUTDOWN_BOTH;
    }

    /// {@return whether data of the host is wanted, if there is room for it}
    public boolean wantsData() {
        return state == State.OPEN && !guestReceivesNoMore() && (hostShutdown & Operation.SHUTDOWN_SEND) == 0;
    }

    /// {@return the bytes that may be sent to the guest now}
    public int room() {
        return credit.room();
    }

    /// {@return the bytes of the guest's whole receive buffer, 0 to 2^32 - 1}
    public long guestBuffer() {
        return credit.peerAlloc();
    }

    /// {@return the bytes that the guest has sent and the host has not taken}
    public int held() {
        return credit.held();
    }

    /// {@return the bytes that may be held at most}
    public int bufAlloc() {
        return credit.bufAlloc();
    }

    /// {@return whether a packet without data is owed to the guest}
    public boolean owesPacket() {
        return owed != 0;
    }

    /// {@return the operation of the packet that is owed first, [Operation#INVALID] if none is}
    public int nextOperation() {
        if (owed == 0) {
            return Operation.INVALID;
        }
        return switch (Integer.lowestOneBit(owed)) {
            case OWES_RST -> Operation.RST;
            case OWES_REQUEST -> Operation.REQUEST;
            case OWES_RESPONSE -> Operation.RESPONSE;
            case OWES_SHUTDOWN -> Operation.SHUTDOWN;
            case OWES_CREDIT_UPDATE -> Operation.CREDIT_UPDATE;
            default -> Operation.CREDIT_REQUEST;
        };
    }

    /// Makes the header of a packet for the guest without data, which counts as sent.
    ///
    /// @param packet to be filled in
    /// @param op what it is for, such as [#nextOperation]
    public void send(PacketHeader packet, int op) {
        send(packet, op, op == Operation.SHUTDOWN ? hostShutdown : 0, 0);
        owed &= ~bit(op);
    }

    /// Makes the header of a packet with data for the guest, which counts as sent.
    ///
    /// @param packet to be filled in
    /// @param flags of a message, 0 in a stream
    /// @param bytes of data, at most [#room]
    public void sendData(PacketHeader packet, int flags, int bytes) {
        credit.send(bytes);
        send(packet, Operation.RW, flags, bytes);
    }

    private void send(PacketHeader packet, int op, int flags, int bytes) {
        packet.address(address.hostCid, address.hostPort, address.guestCid, address.guestPort, address.type);
        packet.content(op, flags, bytes);
        packet.credit(credit.bufAlloc(), credit.forwarded());
        credit.tell();
        owed &= ~OWES_CREDIT_UPDATE;
    }

    private static int bit(int op) {
        return switch (op) {
            case Operation.RST -> OWES_RST;
            case Operation.REQUEST -> OWES_REQUEST;
            case Operation.RESPONSE -> OWES_RESPONSE;
            case Operation.SHUTDOWN -> OWES_SHUTDOWN;
            case Operation.CREDIT_REQUEST -> OWES_CREDIT_REQUEST;
            default -> OWES_CREDIT_UPDATE;
        };
    }
}
