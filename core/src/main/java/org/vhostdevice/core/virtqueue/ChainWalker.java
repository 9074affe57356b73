package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.SplitRingLayout.DESC_ADDR;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.DESC_BYTES;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.DESC_FLAGS;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.DESC_F_INDIRECT;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.DESC_F_NEXT;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.DESC_F_WRITE;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.DESC_LEN;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.DESC_NEXT;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.LE16_ANYWHERE;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.LE32_ANYWHERE;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.LE64_ANYWHERE;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.GuestMemory;

/// Follows the descriptors of one chain (VIRTIO 1.4, 2.7.5). Each descriptor is copied once and checked before use.
///
/// A driver may put some descriptors into the ring's table and let the last of them refer to an indirect table
/// (2.7.5.3.2); whether the referring descriptor is marked writable means nothing.
final class ChainWalker {
    /// The most descriptors in one chain, whatever tables they lie in. Chains longer than the ring come by way of
    /// indirect tables.
    static final int MAX_DESCRIPTORS = RingSetup.MAX_SIZE;

    /// The used ring counts bytes in 32 bits (2.7.8).
    private static final long MAX_BYTES = 0xffff_ffffL;

    private final MemorySegment ring;
    private final int ringSize;
    private final boolean indirectAllowed;
    private final GuestMemory memory;
    private int lastRegion;

    // The table being followed: the ring's own or an indirect one.
    private MemorySegment table;
    private long base;
    private int entries;
    private boolean inIndirect;

    /// @param ring the ring's descriptor table
    /// @param memory where buffers and indirect tables lie
    /// @param indirectAllowed whether INDIRECT_DESC was negotiated
    ChainWalker(MemorySegment ring, GuestMemory memory, boolean indirectAllowed) {
        this.ring = ring;
        this.ringSize = (int) (ring.byteSize() / DESC_BYTES);
        this.memory = memory;
        this.indirectAllowed = indirectAllowed;
        this.table = ring;
    }

    /// Collects the buffers of the chain that begins at descriptor `head` of the ring.
    ///
    /// @param head less than the ring's size
    /// @throws BrokenQueueException if the descriptors are malformed; `into` holds some of them
    void walk(int head, DescriptorChain into) throws BrokenQueueException {
        table = ring;
        base = 0;
        entries = ringSize;
        inIndirect = false;
        int index = head;
        int inThisTable = 0;
        for (int total = 0; total < MAX_DESCRIPTORS; total++) {
            long at = base + (long) index * DESC_BYTES;
            long address = table.get(LE64_ANYWHERE, at + DESC_ADDR);
            long length = Integer.toUnsignedLong(table.get(LE32_ANYWHERE, at + DESC_LEN));
            int flags = Short.toUnsignedInt(table.get(LE16_ANYWHERE, at + DESC_FLAGS));
            int next = Short.toUnsignedInt(table.get(LE16_ANYWHERE, at + DESC_NEXT));
            if ((flags & DESC_F_INDIRECT) != 0) {
                enterIndirect(address, length, flags);
                index = 0;
                inThisTable = 0;
                continue;
            }
            append(address, length, (flags & DESC_F_WRITE) != 0, into);
            if ((flags & DESC_F_NEXT) == 0) {
                return;
            }
            if (next >= entries) {
                throw new BrokenQueueException("descriptor " + next + " in a table of " + entries);
            }
            if (++inThisTable >= entries) {
                throw new BrokenQueueException("descriptors form a loop");
            }
            index = next;
        }
        throw new BrokenQueueException("a chain has more than " + MAX_DESCRIPTORS + " descriptors");
    }

    private void enterIndirect(long address, long length, int flags) throws BrokenQueueException {
        if (!indirectAllowed) {
            throw new BrokenQueueException("indirect descriptor, which was not negotiated");
        }
        if (inIndirect) {
            throw new BrokenQueueException("indirect descriptor inside an indirect table");
        }
        if ((flags & DESC_F_NEXT) != 0) {
            throw new BrokenQueueException("indirect descriptor with a next one");
        }
        if (length == 0 || length % DESC_BYTES != 0) {
            throw new BrokenQueueException("indirect table of " + length + " bytes");
        }
        int region = find(address);
        long offset = address - memory.start(region);
        if (length > memory.size(region) - offset) {
            throw new BrokenQueueException("indirect table crosses the end of a memory region");
        }
        table = memory.segment(region);
        base = offset;
        entries = (int) (length / DESC_BYTES);
        inIndirect = true;
    }

    private void append(long address, long length, boolean writable, DescriptorChain into) throws BrokenQueueException {
        GuestBuffers part = writable ? into.writable() : into.readable();
        if (!writable && into.writable().pieces() > 0) {
            throw new BrokenQueueException("readable descriptor after a writable one");
        }
        if (part.length() + length > MAX_BYTES) {
            throw new BrokenQueueException("a chain has more than " + MAX_BYTES + " bytes");
        }
        long from = address;
        long left = length;
        while (left > 0) {
            int region = find(from);
            long offset = from - memory.start(region);
            long bytes = Math.min(left, memory.size(region) - offset);
            part.add(memory.segment(region), offset, bytes);
            from += bytes;
            left -= bytes;
        }
    }

    private int find(long address) throws BrokenQueueException {
        int region = memory.find(address, lastRegion);
        if (region < 0) {
            throw new BrokenQueueException("guest address " + Long.toHexString(address) + " is outside guest memory");
        }
        lastRegion = region;
        return region;
    }
}
