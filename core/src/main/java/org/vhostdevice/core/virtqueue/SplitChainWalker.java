package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.RingLayout.DESC_ADDR;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_BYTES;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_F_INDIRECT;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_F_NEXT;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_F_WRITE;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_LEN;
import static org.vhostdevice.core.virtqueue.RingLayout.LE64_ANYWHERE;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.GuestMemory;

/// Follows the descriptors of one chain of a split ring (VIRTIO 1.4, 2.7.5). Each descriptor is copied once and
/// checked before use.
///
/// A driver may put some descriptors into the ring's table and let the last of them refer to an indirect table
/// (2.7.5.3.2); whether the referring descriptor is marked writable means nothing.
final class SplitChainWalker extends ChainWalker {
    private final MemorySegment ring;
    private final int size;

    /// @param ring the ring's descriptor table
    /// @param memory where buffers and indirect tables lie
    /// @param features whether INDIRECT_DESC was negotiated
    SplitChainWalker(MemorySegment ring, GuestMemory memory, FeatureSet features) {
        super(memory, features);
        this.ring = ring;
        this.size = (int) (ring.byteSize() / DESC_BYTES);
    }

    /// Collects the buffers of the chain that begins at descriptor `head` of the ring.
    ///
    /// @param head less than the ring's size
    /// @throws BrokenQueueException if the descriptors are malformed; `into` holds some of them
    void walk(int head, DescriptorChain into) throws BrokenQueueException {
        begin(into);
        int index = head;
        for (int count = 0; count < size; count++) {
            long at = (long) index * DESC_BYTES;
            long address = ring.get(LE64_ANYWHERE, at + DESC_ADDR);
            long half = ring.get(LE64_ANYWHERE, at + DESC_LEN);
            int flags = SplitRingLayout.flags(half);
            if ((flags & DESC_F_INDIRECT) != 0) {
                enterTable(address, RingLayout.length(half), (flags & DESC_F_NEXT) != 0, into);
                return;
            }
            append(address, RingLayout.length(half), (flags & DESC_F_WRITE) != 0, into);
            if ((flags & DESC_F_NEXT) == 0) {
                return;
            }
            index = next(half, size);
        }
        throw new BrokenQueueException("descriptors form a loop");
    }

    @Override
    void walkTable(MemorySegment table, long base, int entries, DescriptorChain into) throws BrokenQueueException {
        int index = 0;
        int limit = Math.min(entries, MAX_DESCRIPTORS);
        for (int count = 0; count < limit; count++) {
            long at = base + (long) index * DESC_BYTES;
            long address = table.get(LE64_ANYWHERE, at + DESC_ADDR);
            long half = table.get(LE64_ANYWHERE, at + DESC_LEN);
            int flags = SplitRingLayout.flags(half);
            if ((flags & DESC_F_INDIRECT) != 0) {
                throw new BrokenQueueException("indirect descriptor inside an indirect table");
            }
            append(address, RingLayout.length(half), (flags & DESC_F_WRITE) != 0, into);
            if ((flags & DESC_F_NEXT) == 0) {
                return;
            }
            index = next(half, entries);
        }
        throw new BrokenQueueException("an indirect table has a loop, or more than " + MAX_DESCRIPTORS + " entries");
    }

    private static int next(long half, int entries) throws BrokenQueueException {
        int next = SplitRingLayout.next(half);
        if (next >= entries) {
            throw new BrokenQueueException("descriptor " + next + " in a table of " + entries);
        }
        return next;
    }
}
