package org.vhostdevice.core.frontend;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedMemory;

/// Guest memory made by the front end: regions of shared memory, and an allocator that only moves forward.
///
/// The addresses that drivers put into descriptors are guest addresses; those of the vhost-user messages are the
/// front end's own, where the regions are mapped. Allocation is for one thread at a time; slices are for any.
public final class FrontendMemory implements AutoCloseable {
    private final List<Region> regions = new ArrayList<>();

    private static final class Region {
        final RegionPlan plan;
        final SharedMemory file;
        final MappedRegion mapping;
        long allocated;

        Region(RegionPlan plan) throws ErrnoException {
            this.plan = plan;
            file = SharedMemory.create("guest", plan.fileOffset() + plan.size());
            try {
                mapping = MappedRegion.map(file.fd(), plan.fileOffset(), plan.size(), true);
            } catch (ErrnoException e) {
                file.close();
                throw e;
            }
        }

        Message.MemoryRegion message() {
            long frontendAddress = mapping.segment().address();
            return new Message.MemoryRegion(plan.guestAddress(), plan.size(), frontendAddress, plan.fileOffset());
        }

        long offset(long address, long length) {
            long offset = address - plan.guestAddress();
            boolean inside = offset >= 0 && length >= 0 && offset <= plan.size() && length <= plan.size() - offset;
            return inside ? offset : -1;
        }
    }

    private FrontendMemory() {}

    /// Makes shared memory, by memfd or by `shm_open` as the host has it.
    ///
    /// @param plans the regions, which do not overlap
    /// @return the memory, all zero
    /// @throws ErrnoException if the host refuses
    public static FrontendMemory create(List<RegionPlan> plans) throws ErrnoException {
        var memory = new FrontendMemory();
        try {
            for (RegionPlan plan : plans) {
                memory.regions.add(new Region(plan));
            }
        } catch (ErrnoException e) {
            memory.close();
            throw e;
        }
        return memory;
    }

    /// {@return the regions as they are told to a back end}
    public List<Message.MemoryRegion> regions() {
        return regions.stream().map(Region::message).toList();
    }

    /// {@return the descriptors of the regions' files, in the same order; still owned by this object}
    public List<OwnedFd> descriptors() {
        return regions.stream().map(region -> region.file.fd()).toList();
    }

    /// Allocates in the first region with room.
    ///
    /// @param size      bytes, at least 1
    /// @param alignment a power of two
    /// @return guest address
    /// @throws IllegalStateException if no region has room
    public long allocate(long size, long alignment) {
        for (int i = 0; i < regions.size(); i++) {
            if (room(regions.get(i), alignment) >= size) {
                return allocateIn(i, size, alignment);
            }
        }
        throw new IllegalStateException("no room for " + size + " bytes in the front end's memory");
    }

    /// Allocates in a certain region.
    ///
    /// @param region    its index
    /// @param size      bytes, at least 1
    /// @param alignment a power of two
    /// @return guest address
    /// @throws IllegalStateException if the region has no room
    public long allocateIn(int region, long size, long alignment) {
        if (size < 1 || Long.bitCount(alignment) != 1) {
            throw new IllegalArgumentException(size + " bytes aligned to " + alignment);
        }
        Region chosen = regions.get(region);
        if (room(chosen, alignment) < size) {
            throw new IllegalStateException("no room for " + size + " bytes in region " + region);
        }
        long start = alignUp(chosen.allocated, alignment);
        chosen.allocated = start + size;
        return chosen.plan.guestAddress() + start;
    }

    private static long room(Region region, long alignment) {
        return region.plan.size() - alignUp(region.allocated, alignment);
    }

    private static long alignUp(long value, long alignment) {
        return (value + alignment - 1) & -alignment;
    }

    /// Forgets all allocations. Whoever uses them must be gone.
    public void reset() {
        for (Region region : regions) {
            region.allocated = 0;
        }
    }

    /// The memory at a range of guest addresses.
    ///
    /// @param address guest address
    /// @param length  bytes
    /// @return the memory, which the back end may change at any time
    /// @throws IllegalArgumentException if the range is not inside one region
    public MemorySegment slice(long address, long length) {
        Region region = find(address, length);
        return region.mapping.segment().asSlice(address - region.plan.guestAddress(), length);
    }

    /// Translates a guest address to the front end's own, as SET_VRING_ADDR wants it.
    ///
    /// @param address guest address
    /// @return front-end address
    /// @throws IllegalArgumentException if it is in no region
    public long toFrontendAddress(long address) {
        Region region = find(address, 1);
        return region.mapping.segment().address() + (address - region.plan.guestAddress());
    }

    private Region find(long address, long length) {
        for (Region region : regions) {
            if (region.offset(address, length) >= 0) {
                return region;
            }
        }
        throw new IllegalArgumentException(
                length + " bytes at guest address 0x" + Long.toHexString(address) + " are in no region");
    }

    /// Unmaps the memory. Slices are dead afterwards.
    @Override
    public void close() {
        for (Region region : regions) {
            region.mapping.release();
            region.file.close();
        }
        regions.clear();
    }
}
