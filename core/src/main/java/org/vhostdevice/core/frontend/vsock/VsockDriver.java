package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.SlotQueue;
import org.vhostdevice.core.frontend.vsock.VsockHeader.Address;
import org.vhostdevice.core.protocol.Bytes;

/// A driver of a virtio socket device (VIRTIO 1.4, 5.10) that sends and receives packets as they are, and does nothing
/// by itself but giving receive buffers back; [VsockConnection] keeps the rules of a connection on top of it. One
/// thread.
public final class VsockDriver {
    /// The features that this driver can live with.
    public static final long FEATURES = Vsock.STREAM | Vsock.SEQPACKET | Vsock.NO_IMPLIED_STREAM;

    /// The most data that a packet may have for this driver, unless it is made otherwise.
    public static final int DATA_BYTES = 64 << 10;

    private static final int CID_BYTES = 8;
    private static final int EVENT_BYTES = 4;
    private static final int EVENT_SLOTS = 8;
    private static final int DEFAULT_SLOTS = 32;
    private static final int RING = 128;

    private final long timeoutNanos;
    private final long cid;
    private final SlotQueue receive;
    private final SlotQueue transmit;
    private final SlotQueue events;
    private boolean giving;

    /// The buffers of a driver.
    ///
    /// @param slots     buffers for packets of each direction
    /// @param dataBytes most data of a packet
    public record Buffers(int slots, int dataBytes) {
        /// As many as most users need.
        public static final Buffers DEFAULT = new Buffers(DEFAULT_SLOTS, DATA_BYTES);

        SlotQueue.Plan transmit() {
            return new SlotQueue.Plan(slots, VsockHeader.BYTES + dataBytes, 0);
        }

        SlotQueue.Plan receive() {
            return new SlotQueue.Plan(slots, 0, VsockHeader.BYTES + dataBytes);
        }

        /// {@return the bytes of guest memory that they take}
        public long bytes() {
            return transmit().bytes() + receive().bytes();
        }
    }

    /// Makes a driver whose receive buffers the device does not have yet: [#giveBuffers] lets it have them.
    ///
    /// @param frontend started, with three queues
    /// @param buffers  what is allocated in its memory
    /// @throws IOException if the device does not show its configuration
    public VsockDriver(Frontend frontend, Buffers buffers) throws IOException {
        timeoutNanos = frontend.options().link().timeout().toNanos();
        cid = cid(frontend);
        receive = new SlotQueue(frontend, Vsock.RECEIVE_QUEUE, buffers.receive());
        transmit = new SlotQueue(frontend, Vsock.TRANSMIT_QUEUE, buffers.transmit());
        events = new SlotQueue(frontend, Vsock.EVENT_QUEUE, new SlotQueue.Plan(EVENT_SLOTS, 0, EVENT_BYTES));
    }

    /// Sets a front end up for this driver.
    ///
    /// @param options to begin with
    /// @return the options with three queues and the features
    public static FrontendOptions prepare(FrontendOptions options) {
        return options.withQueues(
                        new QueuePlan(Vsock.QUEUES, RING, options.queues().indirectEntries()))
                .withFeatures(FEATURES);
    }

    /// Reads the guest's context id, all 64 bits (VIRTIO 1.4, 5.10.4).
    ///
    /// @param frontend connected
    /// @return `guest_cid`
    /// @throws IOException if the device does not show it
    public static long cid(Frontend frontend) throws IOException {
        return ByteBuffer.wrap(frontend.config(0, CID_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    /// {@return the guest's context id, as it was when the driver was made}
    public long cid() {
        return cid;
    }

    /// {@return the longest wait for the device}
    long timeoutNanos() {
        return timeoutNanos;
    }

    /// {@return the most data of a packet}
    public int dataBytes() {
        return Math.toIntExact(transmit.readable(0).byteSize() - VsockHeader.BYTES);
    }

    /// Lets the device have all receive and event buffers, and from now on each of them again once it was taken.
    public void giveBuffers() {
        giving = true;
        receive.offerAll(VsockHeader.BYTES + dataBytes());
        events.offerAll(EVENT_BYTES);
    }

    /// Gives no buffer back from now on until [#giveBuffers].
    public void keepBuffers() {
        giving = false;
    }

    /// {@return the receive buffers that the device has}
    public int buffersGiven() {
        return receive.offered();
    }

    /// The header of a packet from the guest to the host.
    ///
    /// @param guestPort its source
    /// @param hostPort  its destination
    /// @param type      of the socket
    /// @return a header with operation 0, without data and without credit
    public VsockHeader header(int guestPort, int hostPort, int type) {
        return new VsockHeader(
                new Address(cid, guestPort),
                new Address(Vsock.HOST_CID, hostPort),
                0,
                type,
                0,
                0,
                VsockHeader.Credit.NONE);
    }

    /// Sends a packet, and waits until the device has given its buffer back.
    ///
    /// @param header as it will stand; its length is not looked at
    /// @param data   what follows it
    /// @throws BackendTimeout if the device keeps the buffer
    /// @throws IOException    if the back end fails
    public void send(VsockHeader header, Bytes data) throws IOException {
        post(header, MemorySegment.ofArray(data.toArray()));
        awaitSent();
    }

    /// Sends a packet, and waits only if all buffers are in the device's hands.
    ///
    /// @param header as it will stand; its length is not looked at
    /// @param data   what follows it
    /// @throws BackendTimeout if the device gives no buffer back
    /// @throws IOException    if the back end fails
    public void post(VsockHeader header, MemorySegment data) throws IOException {
        int slot = transmit.claim();
        MemorySegment buffer = transmit.readable(slot);
        header.write(buffer);
        MemorySegment.copy(data, 0, buffer, VsockHeader.BYTES, data.byteSize());
        transmit.offer(slot, VsockHeader.BYTES + data.byteSize(), 0);
        transmit.submit();
    }

    /// Sends bytes that need not be a packet.
    ///
    /// @param bytes what the device reads, at least one byte
    /// @throws BackendTimeout if the device keeps the buffer
    /// @throws IOException    if the back end fails
    public void sendRaw(Bytes bytes) throws IOException {
        awaitSent();
        int slot = transmit.idle();
        bytes.copyTo(transmit.readable(slot), 0);
        transmit.offer(slot, bytes.length(), 0);
        transmit.submit();
        awaitSent();
    }

    /// Waits until the device has given back all that was sent.
    ///
    /// @throws BackendTimeout if it keeps something
    /// @throws IOException    if the back end fails
    public void awaitSent() throws IOException {
        transmit.awaitAll();
    }

    /// Receives the next packet.
    ///
    /// @param timeoutNanos how long to wait for it; 0 to look only
    /// @param receiver     takes it
    /// @return whether there was one
    /// @throws BackendViolation if it is shorter or longer than it says
    /// @throws IOException      if the back end fails, or from the receiver
    public boolean receive(long timeoutNanos, VsockReceiver receiver) throws IOException {
        int slot = timeoutNanos == 0 ? receive.take() : receive.take(timeoutNanos);
        if (slot == SlotQueue.NONE) {
            return false;
        }
        parse(slot, receiver);
        if (giving) {
            receive.offer(slot, 0, receive.writable(slot).byteSize());
            receive.submit();
        }
        return true;
    }

    /// The packet in the slot that was taken last.
    void parse(int slot, VsockReceiver receiver) throws IOException {
        long used = receive.usedLength();
        if (used < VsockHeader.BYTES) {
            throw new BackendViolation("the device gave " + used + " bytes, which is less than a header");
        }
        MemorySegment buffer = receive.writable(slot);
        VsockHeader header = VsockHeader.read(buffer);
        long length = Integer.toUnsignedLong(header.length());
        if (length != used - VsockHeader.BYTES) {
            throw new BackendViolation("the device gave " + used + " bytes with a header that says " + length
                    + " bytes of data follow its " + VsockHeader.BYTES);
        }
        receiver.receive(header, buffer.asSlice(VsockHeader.BYTES, length));
    }

    SlotQueue receiveQueue() {
        return receive;
    }

    SlotQueue transmitQueue() {
        return transmit;
    }

    /// Receives the next event.
    ///
    /// @param timeoutNanos how long to wait for it
    /// @return its id; empty if none came
    /// @throws IOException if the back end fails
    public OptionalInt event(long timeoutNanos) throws IOException {
        int slot = events.take(timeoutNanos);
        if (slot == SlotQueue.NONE) {
            return OptionalInt.empty();
        }
        if (events.usedLength() != EVENT_BYTES) {
            throw new BackendViolation("an event has " + events.usedLength() + " bytes");
        }
        int id = VsockHeader.word(events.writable(slot));
        if (giving) {
            events.offer(slot, 0, EVENT_BYTES);
            events.submit();
        }
        return OptionalInt.of(id);
    }
}
