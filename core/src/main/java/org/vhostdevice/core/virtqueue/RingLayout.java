package org.vhostdevice.core.virtqueue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;

/// What the two ring formats have in common: byte order, and size and flags of a descriptor (VIRTIO 1.4, 2.7.5,
/// 2.8.13).
final class RingLayout {
    static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// The layout that descriptors are read by: an indirect table lies at any address.
    static final ValueLayout.OfLong LE64_ANYWHERE = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// `struct virtq_desc` and `struct pvirtq_desc`.
    static final int DESC_BYTES = 16;

    static final int DESC_ALIGN = 16;
    static final int DESC_ADDR = 0;
    static final int DESC_LEN = 8;
    static final int DESC_F_NEXT = 1;
    static final int DESC_F_WRITE = 2;
    static final int DESC_F_INDIRECT = 4;

    private RingLayout() {}

    /// The length in the second half of a descriptor, which is read as one number from [#DESC_LEN].
    static long length(long half) {
        return half & 0xffff_ffffL;
    }

    /// Finds a part of a ring in guest memory.
    ///
    /// @throws GuestMemoryException if it is not inside one region, or misaligned here or in guest addresses
    static MemorySegment locate(GuestMemory memory, long address, long bytes, int alignment)
            throws GuestMemoryException {
        MemorySegment part = memory.slice(address, bytes);
        if ((address | part.address()) % alignment != 0) {
            throw new GuestMemoryException(
                    "ring part at " + Long.toHexString(address) + " is not aligned to " + alignment);
        }
        return part;
    }

    /// Memory of our own, empty, in place of a part of a ring that nobody reads any more.
    static MemorySegment standIn(MemorySegment part) {
        return Arena.ofAuto().allocate(part.byteSize(), DESC_ALIGN);
    }
}
