package org.vhostdevice.core.memory;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.MappedRegion;

/// One region of guest memory, mapped into this process.
///
/// @param guestAddress guest-physical address of its first byte, not negative
/// @param frontendAddress address of its first byte in the front end, as an unsigned number
/// @param mapping the memory itself; its size is the region's
public record GuestRegion(long guestAddress, long frontendAddress, MappedRegion mapping) {
    /// Checks that neither address range wraps around.
    ///
    /// @throws IllegalArgumentException if one does
    public GuestRegion {
        long size = mapping.size();
        if (guestAddress < 0 || guestAddress + size < 0) {
            throw new IllegalArgumentException(
                    "guest address range " + Long.toHexString(guestAddress) + " wraps around");
        }
        if (Long.compareUnsigned(frontendAddress + (size - 1), frontendAddress) < 0) {
            throw new IllegalArgumentException(
                    "front-end address range " + Long.toHexString(frontendAddress) + " wraps around");
        }
    }

    /// {@return bytes in the region, at least 1}
    public long size() {
        return mapping.size();
    }

    /// {@return the region's bytes}
    public MemorySegment segment() {
        return mapping.segment();
    }

    boolean overlaps(GuestRegion other) {
        return meets(guestAddress, size(), other.guestAddress, other.size())
                || meets(frontendAddress, size(), other.frontendAddress, other.size());
    }

    private static boolean meets(long start, long size, long otherStart, long otherSize) {
        return Long.compareUnsigned(start - otherStart, otherSize) < 0
                || Long.compareUnsigned(otherStart - start, size) < 0;
    }
}
