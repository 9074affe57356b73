package org.vhostdevice.core.frontend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongBinaryOperator;

/// The device's side of a split virtqueue, written down from VIRTIO 1.4, 2.7, as plainly as can be. It trusts the
/// driver, and does what tests ask for even where a device must not.
final class RingDevice {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Memory memory;
    private final RingAddresses at;
    private final int size;
    private final boolean eventIdx;
    private int nextAvailable;
    private int nextUsed;
    private boolean interruptWanted;

    /// Finds guest memory.
    interface Memory {
        MemorySegment slice(long guestAddress, long length);
    }

    /// A descriptor as the device sees it, at the end of all references.
    record Piece(long address, long length, boolean writable) {}

    /// A chain taken from the available ring.
    record Request(int head, List<Piece> pieces) {
        /// The bytes of all readable, or all writable, pieces.
        long bytes(boolean writable) {
            return pieces.stream()
                    .filter(piece -> piece.writable() == writable)
                    .mapToLong(Piece::length)
                    .sum();
        }
    }

    RingDevice(Memory memory, RingAddresses at, int size, boolean eventIdx) {
        this.memory = memory;
        this.at = at;
        this.size = size;
        this.eventIdx = eventIdx;
    }

    static RingDevice of(DriverQueue ring, FrontendMemory memory, boolean eventIdx) {
        return new RingDevice(memory::slice, ring.addresses(), ring.size(), eventIdx);
    }

    /// Goes on at an index, as SET_VRING_BASE says.
    void base(int index) {
        nextAvailable = index;
        nextUsed = index;
    }

    int base() {
        return nextAvailable;
    }

    int availableIndex() {
        return Short.toUnsignedInt(memory.slice(at.available() + 2, 2).get(U16, 0));
    }

    /// The head that stands at an index of the available ring.
    int available(int index) {
        return Short.toUnsignedInt(
                memory.slice(at.available() + 4 + 2L * (index % size), 2).get(U16, 0));
    }

    boolean interruptsWanted() {
        return memory.slice(at.available(), 2).get(U16, 0) == 0;
    }

    int usedEvent() {
        return Short.toUnsignedInt(
                memory.slice(at.available() + 4 + 2L * size, 2).get(U16, 0));
    }

    void setUsedFlags(int flags) {
        memory.slice(at.used(), 2).set(U16, 0, (short) flags);
    }

    void setAvailEvent(int index) {
        memory.slice(at.used() + 4 + 8L * size, 2).set(U16, 0, (short) index);
    }

    void setUsedIndex(int index) {
        memory.slice(at.used() + 2, 2).set(U16, 0, (short) index);
    }

    /// Asks for a kick for the next chain.
    ///
    /// @return whether it is there already
    boolean askForKick() {
        setAvailEvent(nextAvailable);
        VarHandle.fullFence();
        return nextAvailable != availableIndex();
    }

    /// Takes the next chain.
    Optional<Request> next() {
        if (nextAvailable == availableIndex()) {
            return Optional.empty();
        }
        int head = available(nextAvailable);
        nextAvailable = nextAvailable + 1 & 0xffff;
        List<Piece> pieces = new ArrayList<>();
        walk(at.descriptors(), head, pieces);
        return Optional.of(new Request(head, pieces));
    }

    private void walk(long table, int first, List<Piece> pieces) {
        int index = first;
        boolean more = true;
        while (more) {
            MemorySegment descriptor = memory.slice(table + 16L * index, 16);
            long address = descriptor.get(U64, 0);
            long length = Integer.toUnsignedLong(descriptor.get(U32, 8));
            int flags = descriptor.get(U16, 12);
            if ((flags & 4) != 0) {
                walk(address, 0, pieces);
            } else {
                pieces.add(new Piece(address, length, (flags & 2) != 0));
            }
            more = (flags & 1) != 0;
            index = descriptor.get(U16, 14);
        }
    }

    /// Returns a chain, whatever it is.
    void use(int head, long length) {
        MemorySegment entry = memory.slice(at.used() + 4 + 8L * (nextUsed % size), 8);
        entry.set(U32, 0, head);
        entry.set(U32, 4, (int) length);
        int old = nextUsed;
        nextUsed = nextUsed + 1 & 0xffff;
        setUsedIndex(nextUsed);
        VarHandle.fullFence();
        interruptWanted = eventIdx ? usedEvent() == old : interruptsWanted();
    }

    /// Whether the driver wanted an interrupt for the chain returned last.
    boolean interruptWanted() {
        return interruptWanted;
    }

    /// Takes the next chain, which there is, and returns it.
    void serve(long length) {
        use(next().orElseThrow().head(), length);
    }

    /// Copies the readable pieces of a request.
    byte[] read(Request request) {
        byte[] all = new byte[(int) request.bytes(false)];
        transfer(request, false, (position, n) -> n, all);
        return all;
    }

    /// Writes the bytes to the writable pieces of a request, from the first on.
    void write(Request request, byte[] bytes) {
        transfer(request, true, (position, n) -> Math.min(n, bytes.length - position), bytes);
    }

    private void transfer(Request request, boolean writable, LongBinaryOperator limit, byte[] bytes) {
        int position = 0;
        for (Piece piece : request.pieces()) {
            int n = (int) limit.applyAsLong(position, piece.length());
            if (piece.writable() == writable && n > 0) {
                MemorySegment part = memory.slice(piece.address(), n);
                MemorySegment array = MemorySegment.ofArray(bytes).asSlice(position, n);
                if (writable) {
                    part.copyFrom(array);
                } else {
                    array.copyFrom(part);
                }
                position += n;
            }
        }
    }
}
