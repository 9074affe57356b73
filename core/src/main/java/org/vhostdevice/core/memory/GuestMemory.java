package org.vhostdevice.core.memory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.vhostdevice.core.sys.MemoryFaults;

/// A snapshot of guest memory: regions sorted by guest address, without overlap. The set of regions never changes; a
/// change of guest memory makes another snapshot.
///
/// Whoever uses a snapshot holds it ([#retain], [#release]); a new one is held by its maker. A region is unmapped
/// when the last snapshot with it has been released. Any thread.
public final class GuestMemory {
    private static final Comparator<GuestRegion> BY_ADDRESS = Comparator.comparingLong(GuestRegion::guestAddress);

    private final List<GuestRegion> regions;
    private final long[] starts;
    private final long[] sizes;
    private final MemorySegment[] segments;
    private final AtomicInteger holders = new AtomicInteger(1);

    private GuestMemory(List<GuestRegion> sorted) {
        regions = List.copyOf(sorted);
        starts = regions.stream().mapToLong(GuestRegion::guestAddress).toArray();
        sizes = regions.stream().mapToLong(GuestRegion::size).toArray();
        segments = regions.stream().map(GuestRegion::segment).toArray(MemorySegment[]::new);
        regions.forEach(region -> region.mapping().retain());
    }

    /// {@return a snapshot without regions}
    public static GuestMemory empty() {
        return new GuestMemory(List.of());
    }

    /// {@return a snapshot of these regions} It holds their mappings beside their owner, who may release them at
    /// once.
    ///
    /// @param regions in any order
    /// @throws GuestMemoryException if two regions overlap, in guest or in front-end addresses
    public static GuestMemory of(List<GuestRegion> regions) throws GuestMemoryException {
        for (int i = 0; i < regions.size(); i++) {
            for (GuestRegion other : regions.subList(0, i)) {
                if (regions.get(i).overlaps(other)) {
                    throw new GuestMemoryException("region at guest address "
                            + Long.toHexString(regions.get(i).guestAddress()) + " overlaps the one at "
                            + Long.toHexString(other.guestAddress()));
                }
            }
        }
        return new GuestMemory(regions.stream().sorted(BY_ADDRESS).toList());
    }

    /// {@return a snapshot with one region more}
    ///
    /// @param region the new one
    /// @throws GuestMemoryException if it overlaps another
    public GuestMemory with(GuestRegion region) throws GuestMemoryException {
        var all = new ArrayList<>(regions);
        all.add(region);
        return of(all);
    }

    /// {@return a snapshot without one region, which is named by all three of its numbers}
    ///
    /// @param guestAddress of its first byte
    /// @param frontendAddress of its first byte
    /// @param size in bytes
    /// @throws GuestMemoryException if there is no such region
    public GuestMemory without(long guestAddress, long frontendAddress, long size) throws GuestMemoryException {
        var rest = new ArrayList<>(regions);
        boolean found = rest.removeIf(region -> region.guestAddress() == guestAddress
                && region.frontendAddress() == frontendAddress
                && region.size() == size);
        if (!found) {
            throw new GuestMemoryException("no region of " + size + " bytes at " + Long.toHexString(guestAddress));
        }
        return new GuestMemory(rest);
    }

    /// {@return the regions, by rising guest address}
    public List<GuestRegion> regions() {
        return regions;
    }

    /// Holds the snapshot once more.
    ///
    /// @throws InternalError before that is done, if an earlier access of this thread has failed; nothing has
    ///     changed
    public void retain() {
        MemoryFaults.report();
        holders.incrementAndGet();
    }

    /// Lets the snapshot go; the last one to do so unmaps what no other snapshot holds.
    ///
    /// @throws InternalError before that is done, if an earlier access of this thread has failed; nothing has
    ///     changed
    public void release() {
        MemoryFaults.report();
        int left = holders.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("guest memory released more often than retained");
        }
        if (left == 0) {
            regions.forEach(region -> region.mapping().release());
        }
    }

    /// Translates a range of front-end addresses.
    ///
    /// @param frontendAddress unsigned
    /// @param length at least 1
    /// @return the guest address of its first byte
    /// @throws GuestMemoryException if the range is not inside one region
    public long toGuestAddress(long frontendAddress, long length) throws GuestMemoryException {
        for (GuestRegion region : regions) {
            long offset = frontendAddress - region.frontendAddress();
            if (inside(offset, length, region.size())) {
                return region.guestAddress() + offset;
            }
        }
        throw outside("front-end", frontendAddress, length);
    }

    /// {@return the memory at a range of guest addresses}
    ///
    /// @param guestAddress of the first byte
    /// @param length at least 1
    /// @throws GuestMemoryException if the range is not inside one region
    public MemorySegment slice(long guestAddress, long length) throws GuestMemoryException {
        int region = find(guestAddress, 0);
        if (region < 0 || !inside(guestAddress - starts[region], length, sizes[region])) {
            throw outside("guest", guestAddress, length);
        }
        return segments[region].asSlice(guestAddress - starts[region], length);
    }

    /// {@return the index of the region with an address, or -1} No allocation.
    ///
    /// @param guestAddress any number
    /// @param hint the region to try first, such as the last one found
    public int find(long guestAddress, int hint) {
        if (hint < starts.length && Long.compareUnsigned(guestAddress - starts[hint], sizes[hint]) < 0) {
            return hint;
        }
        int low = 0;
        int high = starts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (guestAddress < starts[middle]) {
                high = middle - 1;
            } else if (guestAddress - starts[middle] < sizes[middle]) {
                return middle;
            } else {
                low = middle + 1;
            }
        }
        return -1;
    }

    /// {@return the guest address of a region's first byte}
    ///
    /// @param region an index from [#find]
    public long start(int region) {
        return starts[region];
    }

    /// {@return the size of a region in bytes}
    ///
    /// @param region an index from [#find]
    public long size(int region) {
        return sizes[region];
    }

    /// {@return the bytes of a region}
    ///
    /// @param region an index from [#find]
    public MemorySegment segment(int region) {
        return segments[region];
    }

    private static boolean inside(long offset, long length, long size) {
        return offset >= 0 && length > 0 && offset < size && length <= size - offset;
    }

    private static GuestMemoryException outside(String kind, long address, long length) {
        return new GuestMemoryException(
                length + " bytes at " + kind + " address " + Long.toHexString(address) + " are outside guest memory");
    }
}
