package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.PackedRingLayout.DESC_F_AVAIL;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.DESC_F_USED;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_ADDR;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_BYTES;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_F_INDIRECT;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_F_NEXT;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_F_WRITE;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_LEN;
import static org.vhostdevice.core.virtqueue.RingLayout.LE64_ANYWHERE;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemory;

/// Follows the descriptors of one chain of a packed ring (VIRTIO 1.4, 2.8.5 to 2.8.7). Each descriptor is copied
/// once and checked before use.
///
/// A chain lies in neighbouring descriptors of the ring, or it is one indirect descriptor and all the entries of its
/// table, in which every flag but WRITE means nothing.
final class PackedChainWalker extends ChainWalker {
    private final MemorySegment ring;
    private final int size;
    private final @Nullable PackedInflight inflight;
    private int id;

    /// @param ring the ring's descriptors
    /// @param memory where buffers and indirect tables lie
    /// @param features whether INDIRECT_DESC was negotiated
    /// @param inflight gets a copy of each descriptor of the ring
    PackedChainWalker(MemorySegment ring, GuestMemory memory, FeatureSet features, @Nullable PackedInflight inflight) {
        super(memory, features);
        this.ring = ring;
        this.inflight = inflight;
        this.size = (int) (ring.byteSize() / DESC_BYTES);
    }

    /// Collects the buffers of the chain that begins at a position of the ring. Its id is [#id] then.
    ///
    /// @param first where the driver has made a descriptor available
    /// @param limit the most descriptors of the ring that the chain may have, as the others are in flight
    /// @return how many it has, at least 1
    /// @throws BrokenQueueException if the descriptors are malformed; `into` holds some of them
    int walk(int first, int limit, DescriptorChain into) throws BrokenQueueException {
        begin(into);
        int position = first;
        for (int count = 1; count <= limit; count++) {
            long at = (long) PackedPosition.index(position, size) * DESC_BYTES;
            long address = ring.get(LE64_ANYWHERE, at + DESC_ADDR);
            long half = ring.get(LE64_ANYWHERE, at + DESC_LEN);
            int flags = PackedRingLayout.flags(half);
            if ((flags & (DESC_F_AVAIL | DESC_F_USED)) != PackedPosition.availableFlags(position, size)) {
                throw new BrokenQueueException("a chain goes on in a descriptor that is not available");
            }
            id = PackedRingLayout.id(half);
            if (inflight != null) {
                inflight.add(address, half);
            }
            boolean hasNext = (flags & DESC_F_NEXT) != 0;
            if ((flags & DESC_F_INDIRECT) != 0) {
                enterTable(address, RingLayout.length(half), hasNext || count > 1, into);
                return count;
            }
            append(address, RingLayout.length(half), (flags & DESC_F_WRITE) != 0, into);
            if (!hasNext) {
                return count;
            }
            position = PackedPosition.advance(position, 1, size);
        }
        throw new BrokenQueueException("a chain has more than the " + limit + " descriptors that are not in flight");
    }

    /// Collects the buffers of a chain whose descriptors were copied from the ring.
    ///
    /// @param entries where the copies are, in order
    void walk(PackedRecord record, int[] entries, DescriptorChain into) throws BrokenQueueException {
        begin(into);
        for (int entry : entries) {
            int flags = record.flags(entry);
            if ((flags & DESC_F_INDIRECT) != 0) {
                enterTable(record.address(entry), record.length(entry), entries.length > 1, into);
            } else {
                append(record.address(entry), record.length(entry), (flags & DESC_F_WRITE) != 0, into);
            }
        }
    }

    /// The id in the last descriptor of the chain walked last, 0 to 65535.
    int id() {
        return id;
    }

    @Override
    void walkTable(MemorySegment table, long base, int entries, DescriptorChain into) throws BrokenQueueException {
        if (entries > MAX_DESCRIPTORS) {
            throw new BrokenQueueException("an indirect table has more than " + MAX_DESCRIPTORS + " entries");
        }
        for (int i = 0; i < entries; i++) {
            long at = base + (long) i * DESC_BYTES;
            long address = table.get(LE64_ANYWHERE, at + DESC_ADDR);
            long half = table.get(LE64_ANYWHERE, at + DESC_LEN);
            append(address, RingLayout.length(half), (PackedRingLayout.flags(half) & DESC_F_WRITE) != 0, into);
        }
    }
}
