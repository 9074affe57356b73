package org.vhostdevice.core.frontend;

/// What a ring is to be like.
///
/// @param size            descriptors, a power of two in `1..32768`
/// @param eventIdx        whether EVENT_IDX is negotiated
/// @param indirectEntries descriptors in each indirect table; 0 if INDIRECT_DESC is not negotiated
public record DriverQueueOptions(int size, boolean eventIdx, int indirectEntries) {
    /// Checks the numbers.
    public DriverQueueOptions {
        check(size, indirectEntries);
    }

    static void check(int size, int indirectEntries) {
        if (size < 1 || size > SplitRing.MAX_SIZE || Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("ring size is not a power of two in 1..32768: " + size);
        }
        if (indirectEntries < 0) {
            throw new IllegalArgumentException(indirectEntries + " indirect descriptors");
        }
    }
}
