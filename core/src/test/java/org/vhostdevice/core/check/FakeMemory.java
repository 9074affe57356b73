package org.vhostdevice.core.check;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;

/// Guest memory as a back end for tests sees it.
final class FakeMemory implements AutoCloseable {
    private final List<Region> regions = new ArrayList<>();

    private record Region(MemoryRegion place, MappedRegion map) {}

    /// Maps a region, whose descriptor stays the caller's.
    void add(MemoryRegion place, OwnedFd file) throws IOException {
        regions.add(new Region(place, MappedRegion.map(file, place.mmapOffset(), place.size(), true)));
    }

    MemorySegment guest(long address, long bytes) {
        return find(MemoryRegion::guestAddress, address, bytes);
    }

    MemorySegment frontend(long address, long bytes) {
        return find(MemoryRegion::frontendAddress, address, bytes);
    }

    private MemorySegment find(ToLongFunction<MemoryRegion> start, long address, long bytes) {
        for (Region region : regions) {
            long offset = address - start.applyAsLong(region.place());
            if (offset >= 0 && offset < region.place().size()) {
                return region.map().segment().asSlice(offset, bytes);
            }
        }
        throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(address));
    }

    @Override
    public void close() {
        regions.forEach(region -> region.map().close());
        regions.clear();
    }
}
