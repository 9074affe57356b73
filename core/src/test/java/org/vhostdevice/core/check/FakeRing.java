package org.vhostdevice.core.check;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The device's side of a ring, written down from VIRTIO 1.4, 2.7 and 2.8 for tests. It believes the driver.
abstract class FakeRing {
    /// A chain that the driver made available.
    ///
    /// @param id          what the driver knows it by
    /// @param descriptors how many of the ring it takes
    /// @param readable    pieces that the device reads
    /// @param writable    pieces that it writes
    record Taken(int id, int descriptors, List<MemorySegment> readable, List<MemorySegment> writable) {}

    /// Where the flags stand in a split ring's descriptor, and in a packed ring's.
    private final int flagsAt;

    private final FakeMemory memory;

    FakeRing(FakeMemory memory, int flagsAt) {
        this.flagsAt = flagsAt;
        this.memory = memory;
    }

    /// Takes all that is available.
    abstract List<Taken> takeAll();

    /// Gives a chain back.
    abstract void use(Taken chain, long length);

    /// Where the next chain is taken from, for GET_VRING_BASE.
    abstract int base();

    /// Flags that ask the driver for something, in the used ring or the device's event structure.
    abstract void flags(int flags);

    /// Writes to the descriptor of a chain that was used.
    abstract void spoilTable(Taken chain);

    /// Collects the pieces of a chain.
    final class Walk {
        private final List<MemorySegment> readable = new ArrayList<>();
        private final List<MemorySegment> writable = new ArrayList<>();

        /// Takes one descriptor; of an indirect one what its table says.
        ///
        /// @return its flags
        int take(MemorySegment descriptor) {
            MemorySegment piece =
                    memory.guest(descriptor.get(Le.U64, 0), Integer.toUnsignedLong(descriptor.get(Le.U32, 8)));
            int flags = descriptor.get(Le.U16, flagsAt);
            if ((flags & Bits.INDIRECT) != 0) {
                // Tables of the checks are in order, in either format.
                for (long at = 0; at < piece.byteSize(); at += CheckRing.DESCRIPTOR) {
                    int _ = take(piece.asSlice(at, CheckRing.DESCRIPTOR));
                }
            } else {
                boolean _ = ((flags & Bits.WRITE) != 0 ? writable : readable).add(piece);
            }
            return flags;
        }

        Taken end(int id, int descriptors) {
            return new Taken(id, descriptors, readable, writable);
        }
    }
}
