package org.vhostdevice.core.frontend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.function.LongBinaryOperator;

/// The device's side of a virtqueue, written down from VIRTIO 1.4, 2.7 and 2.8, as plainly as can be. It trusts the
/// driver, and does what tests ask for even where a device must not.
abstract sealed class RingDevice permits SplitRingDevice, PackedRingDevice {
    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    final Memory memory;
    final RingAddresses at;
    final int size;
    final boolean eventIdx;

    /// Finds guest memory.
    interface Memory {
        MemorySegment slice(long guestAddress, long length);
    }

    /// A descriptor as the device sees it, at the end of all references.
    record Piece(long address, long length, boolean writable) {}

    /// A chain taken from the ring.
    ///
    /// @param head its first descriptor, or its buffer id in a packed ring
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
        return of(memory::slice, ring.addresses(), ring.size(), eventIdx, ring instanceof PackedDriverQueue);
    }

    static RingDevice of(Memory memory, RingAddresses at, int size, boolean eventIdx, boolean packed) {
        return packed
                ? new PackedRingDevice(memory, at, size, eventIdx)
                : new SplitRingDevice(memory, at, size, eventIdx);
    }

    /// Goes on at a place, as SET_VRING_BASE says.
    abstract void base(int place);

    abstract int base();

    /// Asks for no kicks, or for all.
    abstract void silence(boolean silent);

    /// Asks for a kick for the next chain.
    ///
    /// @return whether it is there already
    abstract boolean askForKick();

    /// Takes the next chain.
    abstract Optional<Request> next();

    /// Returns a chain, whatever it is.
    abstract void use(int head, long length);

    /// Returns chains by the last of them, as a device may that uses all in order.
    abstract void useBatch(List<Request> chains, long length);

    /// Whether the driver wanted an interrupt for the chain returned last.
    abstract boolean interruptWanted();

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
