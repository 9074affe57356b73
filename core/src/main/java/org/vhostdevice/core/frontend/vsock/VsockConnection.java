package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.vsock.VsockHeader.Address;
import org.vhostdevice.core.frontend.vsock.VsockHeader.Credit;
import org.vhostdevice.core.protocol.Bytes;

/// The guest's end of a connection, with the accounts of credit (VIRTIO 1.4, 5.10.6.3). It sends no more than the host
/// has room for, and reports a device that sends more than the guest has. One thread.
///
/// Packets reach it by [#take], which [#await] calls for all that the driver receives; those of other connections are
/// kept in [#stray].
public final class VsockConnection {
    private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]);
    private static final long MASK = 0xffff_ffffL;

    private final VsockDriver driver;
    private final Address guest;
    private final Address host;
    private final int type;
    private final int space;
    private final ArrayDeque<VsockPacket> received = new ArrayDeque<>();
    private final ArrayDeque<VsockPacket> strays = new ArrayDeque<>();
    private VsockReceiver sink = (header, data) -> received.add(new VsockPacket(header, Bytes.of(data)));
    private boolean open;
    private boolean reset;
    private int hostShutdown;
    private Credit hostCredit = Credit.NONE;
    private int sent;
    private int arrived;
    private int forwarded;
    private int told;

    private VsockConnection(VsockDriver driver, VsockHeader toHost, int space) {
        this.driver = driver;
        this.guest = toHost.source();
        this.host = toHost.destination();
        this.type = toHost.type();
        this.space = space;
    }

    /// Asks for a connection, without waiting for the answer.
    ///
    /// @param driver with receive buffers given
    /// @param toHost addresses and type, as of [VsockDriver#header]
    /// @param space  bytes that the guest's receive buffer has
    /// @return the connection, not open yet
    /// @throws IOException if the back end fails
    public static VsockConnection request(VsockDriver driver, VsockHeader toHost, int space) throws IOException {
        var connection = new VsockConnection(driver, toHost, space);
        connection.send(Vsock.REQUEST, 0, NOTHING);
        return connection;
    }

    /// Connects to the host, and waits for it.
    ///
    /// @param driver with receive buffers given
    /// @param toHost addresses and type, as of [VsockDriver#header]
    /// @param space  bytes that the guest's receive buffer has
    /// @return the connection, open
    /// @throws BackendRefusal if the host refuses
    /// @throws BackendTimeout if it does not answer
    /// @throws IOException    if the back end fails
    public static VsockConnection connect(VsockDriver driver, VsockHeader toHost, int space) throws IOException {
        VsockConnection connection = request(driver, toHost, space);
        if (!connection.await(() -> connection.open || connection.reset, driver.timeoutNanos())) {
            throw new BackendTimeout(
                    "no answer to the request for port " + toHost.destination().port());
        }
        if (connection.reset) {
            throw new BackendRefusal(
                    "no connection to port " + toHost.destination().port() + " of the host");
        }
        return connection;
    }

    /// Grants a connection that the host asks for.
    ///
    /// @param driver  that received the request
    /// @param request its header
    /// @param space   bytes that the guest's receive buffer has
    /// @return the connection, open
    /// @throws IOException if the back end fails
    public static VsockConnection accept(VsockDriver driver, VsockHeader request, int space) throws IOException {
        var connection = new VsockConnection(driver, request.answer(), space);
        connection.hostCredit = request.credit();
        connection.open = true;
        connection.send(Vsock.RESPONSE, 0, NOTHING);
        return connection;
    }

    /// Lets data go elsewhere than to [#read]. It still takes room until [#forward].
    ///
    /// @param other takes all packets with data
    public void sink(VsockReceiver other) {
        sink = other;
    }

    /// {@return whether the host granted the connection, and it has not been reset}
    public boolean isOpen() {
        return open && !reset;
    }

    /// {@return whether the host has reset the connection}
    public boolean isReset() {
        return reset;
    }

    /// {@return the flags of all SHUTDOWN packets of the host}
    public int hostShutdown() {
        return hostShutdown;
    }

    /// {@return what the host said last of its receive buffer}
    public Credit hostCredit() {
        return hostCredit;
    }

    /// {@return the bytes for which the host has room, as far as is known}
    public long room() {
        return Math.max(0, (hostCredit.space() & MASK) - ((sent - hostCredit.forwarded()) & MASK));
    }

    /// {@return the bytes that came, modulo 2^32}
    public int arrived() {
        return arrived;
    }

    /// {@return the packets for other connections, which the caller takes away}
    public ArrayDeque<VsockPacket> stray() {
        return strays;
    }

    /// Sends a packet of this connection, without a look at the room that the host has.
    ///
    /// @param operation of the packet
    /// @param flags     of the operation
    /// @param data      what follows the header
    /// @throws IOException if the back end fails
    public void send(int operation, int flags, MemorySegment data) throws IOException {
        driver.post(header(operation, flags, Math.toIntExact(data.byteSize())), data);
    }

    /// The header of the next packet, which is counted as sent.
    VsockHeader header(int operation, int flags, int length) {
        told = forwarded;
        sent += length;
        return new VsockHeader(guest, host, length, type, operation, flags, new Credit(space, forwarded));
    }

    /// Sends data in as many packets as it takes, and waits for room where the host has none.
    ///
    /// @param data     any number of bytes
    /// @param endFlags flags of the last packet, such as [Vsock#END_OF_MESSAGE]
    /// @throws BackendRefusal if the host resets the connection
    /// @throws BackendTimeout if the host makes no room
    /// @throws IOException    if the back end fails
    public void write(MemorySegment data, int endFlags) throws IOException {
        long at = 0;
        do {
            long left = data.byteSize() - at;
            if (!await(() -> room() > 0 || left == 0 || reset, driver.timeoutNanos())) {
                throw new BackendTimeout("the host makes no room for " + left + " bytes");
            }
            requireNoReset();
            long n = Math.min(Math.min(left, room()), driver.dataBytes());
            send(Vsock.RW, n == left ? endFlags : 0, data.asSlice(at, n));
            at += n;
        } while (at < data.byteSize());
    }

    /// Takes the next data that came, waits for it, and makes its room free again.
    ///
    /// @return the packet; empty if the host sends no more
    /// @throws BackendTimeout if nothing comes
    /// @throws IOException    if the back end fails
    public Optional<VsockPacket> read() throws IOException {
        boolean ended = await(() -> !received.isEmpty() || reset || saysNoMore(), driver.timeoutNanos());
        VsockPacket packet = received.poll();
        if (packet == null && !ended) {
            throw new BackendTimeout("the host sends no data");
        }
        if (packet != null) {
            forward(packet.data().length());
        }
        return Optional.ofNullable(packet);
    }

    /// Reads a number of bytes.
    ///
    /// @param count at most that many bytes come
    /// @return the bytes, fewer only at the end of the connection
    /// @throws BackendViolation if the packet with the last byte has more
    /// @throws IOException      as [#read]
    public byte[] read(int count) throws IOException {
        byte[] bytes = new byte[count];
        MemorySegment into = MemorySegment.ofArray(bytes);
        int at = 0;
        while (at < count) {
            Optional<VsockPacket> next = read();
            if (next.isEmpty()) {
                return Arrays.copyOf(bytes, at);
            }
            Bytes data = next.get().data();
            if (data.length() > count - at) {
                throw new BackendViolation("more than " + count + " bytes came");
            }
            data.copyTo(into, at);
            at += data.length();
        }
        return bytes;
    }

    private boolean saysNoMore() {
        return (hostShutdown & Vsock.SHUTDOWN_SEND) != 0;
    }

    private void requireNoReset() throws BackendRefusal {
        if (reset) {
            throw new BackendRefusal("the host has reset the connection");
        }
    }

    /// Makes room that data took, and tells the host when it is half of all.
    ///
    /// @param bytes how many
    /// @throws IOException if the back end fails
    public void forward(int bytes) throws IOException {
        forwarded += bytes;
        if (((forwarded - told) & MASK) >= (space & MASK) / 2 && isOpen()) {
            send(Vsock.CREDIT_UPDATE, 0, NOTHING);
        }
    }

    /// Says that the guest sends or receives no more.
    ///
    /// @param flags [Vsock#SHUTDOWN_SEND], [Vsock#SHUTDOWN_RECEIVE] or both
    /// @throws IOException if the back end fails
    public void shutdown(int flags) throws IOException {
        send(Vsock.SHUTDOWN, flags, NOTHING);
    }

    /// Receives packets until a condition holds.
    ///
    /// @param condition    looked at before each packet
    /// @param timeoutNanos how long to wait in all
    /// @return whether it holds
    /// @throws BackendViolation if a packet breaks a rule
    /// @throws IOException      if the back end fails
    public boolean await(BooleanSupplier condition, long timeoutNanos) throws IOException {
        long deadline = System.nanoTime() + timeoutNanos;
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0 || !driver.receive(left, this::takeAny)) {
                return condition.getAsBoolean();
            }
        }
        return true;
    }

    private void takeAny(VsockHeader header, MemorySegment data) throws IOException {
        if (header.source().equals(host) && header.destination().equals(guest)) {
            take(header, data);
        } else {
            strays.add(new VsockPacket(header, Bytes.of(data)));
        }
    }

    /// Takes a packet of this connection.
    ///
    /// @param header its header
    /// @param data   what follows it
    /// @throws BackendViolation if it has more data than the guest has room for, or makes no sense
    /// @throws IOException      if the back end fails
    public void take(VsockHeader header, MemorySegment data) throws IOException {
        hostCredit = header.credit();
        switch (header.operation()) {
            case Vsock.RESPONSE -> open = true;
            case Vsock.RST -> reset = true;
            case Vsock.SHUTDOWN -> hostShutdown |= header.flags();
            case Vsock.CREDIT_REQUEST -> send(Vsock.CREDIT_UPDATE, 0, NOTHING);
            case Vsock.CREDIT_UPDATE -> {
                // nothing but the credit, which every packet has
            }
            case Vsock.RW -> takeData(header, data);
            default ->
                throw new BackendViolation("the host sends operation " + header.operation() + " on a connection");
        }
    }

    /// Takes note of the room that the host has, and of nothing else.
    void note(VsockHeader header) throws BackendRefusal {
        hostCredit = header.credit();
        reset |= header.operation() == Vsock.RST;
        requireNoReset();
    }

    private void takeData(VsockHeader header, MemorySegment data) throws IOException {
        long waiting = ((arrived - forwarded) & MASK) + data.byteSize();
        if (waiting > (space & MASK)) {
            throw new BackendViolation("the host sends " + data.byteSize() + " bytes, with which " + waiting
                    + " wait in a buffer of " + (space & MASK));
        }
        arrived += (int) data.byteSize();
        sink.receive(header, data);
    }
}
