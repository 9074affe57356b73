package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.RingLayout.DESC_BYTES;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.GuestMemory;

/// Collects the buffers of chains: what does not depend on how a ring's format links descriptors.
abstract sealed class ChainWalker permits SplitChainWalker, PackedChainWalker {
    /// The most descriptors of a chain in one table. Chains longer than the ring come by way of indirect tables.
    static final int MAX_DESCRIPTORS = RingSetup.MAX_SIZE;

    /// A used length has 32 bits (2.7.8, 2.8.13).
    private static final long MAX_BYTES = 0xffff_ffffL;

    /// The most pieces of memory in a part of a chain. Only buffers that cross many tiny regions have more than one
    /// piece each.
    private static final int MAX_PIECES = 2 * MAX_DESCRIPTORS;

    private final GuestMemory memory;
    private final boolean indirectAllowed;
    private int tableRegion;

    // The region of the last buffer, as neighbours often lie in one.
    private int region;
    private long regionStart;
    private long regionSize;

    /// @param memory where buffers and indirect tables lie
    /// @param features whether INDIRECT_DESC was negotiated
    ChainWalker(GuestMemory memory, FeatureSet features) {
        this.memory = memory;
        this.indirectAllowed = features.has(VirtioFeature.INDIRECT_DESC);
    }

    /// Collects the buffers of an indirect table.
    ///
    /// @param table the memory it lies in
    /// @param base of its first byte there
    /// @param entries at least 1
    abstract void walkTable(MemorySegment table, long base, int entries, DescriptorChain into)
            throws BrokenQueueException;

    /// Begins to collect.
    final void begin(DescriptorChain into) {
        into.readable().use(memory);
        into.writable().use(memory);
    }

    /// Goes on in the table that an indirect descriptor refers to.
    ///
    /// @param linked whether the descriptor is linked to another one in a way that it must not be
    final void enterTable(long address, long length, boolean linked, DescriptorChain into) throws BrokenQueueException {
        if (!indirectAllowed) {
            throw new BrokenQueueException("indirect descriptor, which was not negotiated");
        }
        if (linked) {
            throw new BrokenQueueException("indirect descriptor that is linked to another one");
        }
        if (length == 0 || length % DESC_BYTES != 0) {
            throw new BrokenQueueException("indirect table of " + length + " bytes");
        }
        tableRegion = find(address, tableRegion);
        long base = address - memory.start(tableRegion);
        if (length > memory.size(tableRegion) - base) {
            throw new BrokenQueueException("indirect table crosses the end of a memory region");
        }
        walkTable(memory.segment(tableRegion), base, (int) (length / DESC_BYTES), into);
    }

    /// Adds a buffer to a chain.
    final void append(long address, long length, boolean writable, DescriptorChain into) throws BrokenQueueException {
        GuestBuffers part = writable ? into.writable() : into.readable();
        if (!writable && into.writable().pieces() > 0) {
            throw new BrokenQueueException("readable descriptor after a writable one");
        }
        if (part.length() + length > MAX_BYTES) {
            throw new BrokenQueueException("a chain has more than " + MAX_BYTES + " bytes");
        }
        long offset = address - regionStart;
        if (length > 0 && offset >= 0 && length <= regionSize - offset) {
            part.add(region, offset, length);
        } else {
            appendPieces(address, length, part);
        }
    }

    // Separate, so that the usual case above is small enough to be compiled into its callers.
    private void appendPieces(long address, long length, GuestBuffers part) throws BrokenQueueException {
        long from = address;
        long left = length;
        while (left > 0) {
            if (part.pieces() >= MAX_PIECES) {
                throw new BrokenQueueException("a chain lies in more than " + MAX_PIECES + " pieces of memory");
            }
            region = find(from, region);
            regionStart = memory.start(region);
            regionSize = memory.size(region);
            long offset = from - regionStart;
            long bytes = Math.min(left, regionSize - offset);
            part.add(region, offset, bytes);
            from += bytes;
            left -= bytes;
        }
    }

    private int find(long address, int hint) throws BrokenQueueException {
        int found = memory.find(address, hint);
        if (found < 0) {
            throw new BrokenQueueException("guest address " + Long.toHexString(address) + " is outside guest memory");
        }
        return found;
    }
}
