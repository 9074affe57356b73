package org.vhostdevice.core.frontend;

/// A region of guest memory to be made.
///
/// @param guestAddress guest-physical address of its first byte, a multiple of [#ALIGNMENT]
/// @param size         bytes, a multiple of [#ALIGNMENT]
/// @param fileOffset   where it starts in its file, a multiple of [#ALIGNMENT]
public record RegionPlan(long guestAddress, long size, long fileOffset) {
    /// What addresses and sizes are multiples of: the largest page that hosts use.
    public static final long ALIGNMENT = 1 << 16;

    /// More than a ring takes for a descriptor, with an indirect table of two.
    private static final long RING_BYTES = 128;

    /// Checks the numbers.
    public RegionPlan {
        if (size <= 0 || guestAddress < 0 || fileOffset < 0 || guestAddress + size < 0 || fileOffset + size < 0) {
            throw new IllegalArgumentException("a region of " + size + " bytes at " + guestAddress);
        }
        if ((guestAddress | size | fileOffset) % ALIGNMENT != 0) {
            throw new IllegalArgumentException("region numbers are multiples of " + ALIGNMENT);
        }
    }

    /// A region at the start of its own file.
    ///
    /// @param guestAddress guest-physical address of its first byte
    /// @param size         bytes
    public RegionPlan(long guestAddress, long size) {
        this(guestAddress, size, 0);
    }

    /// A region above 4 GiB at the start of its own file, with room for buffers and for rings with their indirect
    /// tables.
    ///
    /// @param bytes       of all buffers
    /// @param descriptors of all rings
    /// @return the region
    public static RegionPlan holding(long bytes, long descriptors) {
        long all = bytes + descriptors * RING_BYTES + 2 * ALIGNMENT;
        return new RegionPlan(1L << 32, (all + ALIGNMENT - 1) & -ALIGNMENT);
    }
}
