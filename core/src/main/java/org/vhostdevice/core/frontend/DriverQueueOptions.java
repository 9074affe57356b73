package org.vhostdevice.core.frontend;

/// What a ring is to be like.
///
/// @param size            descriptors, `1..32768`, a power of two if the ring is split
/// @param eventIdx        whether EVENT_IDX is negotiated
/// @param indirectEntries descriptors in each indirect table; 0 if INDIRECT_DESC is not negotiated
/// @param packed          whether RING_PACKED is negotiated
/// @param inOrder         whether IN_ORDER is negotiated
public record DriverQueueOptions(int size, boolean eventIdx, int indirectEntries, boolean packed, boolean inOrder) {
    /// Checks the numbers.
    public DriverQueueOptions {
        check(size, indirectEntries);
        if (!packed && Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("size of a split ring is not a power of two: " + size);
        }
    }

    /// A split ring without IN_ORDER.
    ///
    /// @param size            descriptors, a power of two in `1..32768`
    /// @param eventIdx        whether EVENT_IDX is negotiated
    /// @param indirectEntries descriptors in each indirect table; 0 if INDIRECT_DESC is not negotiated
    public DriverQueueOptions(int size, boolean eventIdx, int indirectEntries) {
        this(size, eventIdx, indirectEntries, false, false);
    }

    /// What negotiated features make of a ring.
    ///
    /// @param size            descriptors, `1..32768`, a power of two if the ring is split
    /// @param indirectEntries descriptors in each indirect table, if INDIRECT_DESC is negotiated
    /// @param features        virtio features in use
    /// @return the options
    public static DriverQueueOptions of(int size, int indirectEntries, long features) {
        return new DriverQueueOptions(
                size,
                (features & DriverFeature.EVENT_IDX) != 0,
                (features & DriverFeature.INDIRECT_DESC) != 0 ? indirectEntries : 0,
                (features & DriverFeature.RING_PACKED) != 0,
                (features & DriverFeature.IN_ORDER) != 0);
    }

    static void check(int size, int indirectEntries) {
        if (size < 1 || size > SplitRing.MAX_SIZE) {
            throw new IllegalArgumentException("ring size is not in 1..32768: " + size);
        }
        if (indirectEntries < 0) {
            throw new IllegalArgumentException(indirectEntries + " indirect descriptors");
        }
    }
}
