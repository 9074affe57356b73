package org.vhostdevice.core.frontend;

/// The queues to be set up.
///
/// @param count           how many; 0 for as many as the back end has
/// @param size            descriptors of each, `1..32768`; a power of two if the rings turn out to be split
/// @param indirectEntries descriptors in each indirect table, if INDIRECT_DESC is negotiated
/// @param chains          how many chains of `indirectEntries` descriptors must fit into the ring without
///     INDIRECT_DESC, which makes it larger if need be
public record QueuePlan(int count, int size, int indirectEntries, int chains) {
    /// Checks the numbers.
    public QueuePlan {
        if (count < 0 || count > 256) {
            throw new IllegalArgumentException(count + " queues");
        }
        DriverQueueOptions.check(size, indirectEntries);
        if (chains < 0 || chains > SplitRing.MAX_SIZE) {
            throw new IllegalArgumentException(chains + " chains in a ring");
        }
    }

    /// Rings of just this size.
    ///
    /// @param count           how many; 0 for as many as the back end has
    /// @param size            descriptors of each
    /// @param indirectEntries descriptors in each indirect table, if INDIRECT_DESC is negotiated
    public QueuePlan(int count, int size, int indirectEntries) {
        this(count, size, indirectEntries, 0);
    }

    DriverQueueOptions options(long features) throws BackendRefusal {
        if ((features & DriverFeature.RING_PACKED) == 0 && Integer.bitCount(size) != 1) {
            throw new BackendRefusal("a ring of " + size + " descriptors has to be packed, which was not agreed on");
        }
        long direct = (features & DriverFeature.INDIRECT_DESC) == 0 ? (long) chains * indirectEntries : 0;
        if (direct > SplitRing.MAX_SIZE) {
            throw new BackendRefusal(chains + " chains of " + indirectEntries + " descriptors need a ring of more than "
                    + SplitRing.MAX_SIZE + ", and indirect descriptors were not agreed on");
        }
        int larger = direct > size ? powerOfTwo((int) direct) : size;
        return DriverQueueOptions.of(larger, indirectEntries, features);
    }

    /// The least ring of a size that both formats allow with room for so many descriptors.
    ///
    /// @param descriptors `1..32768`
    /// @return a power of two
    public static int powerOfTwo(int descriptors) {
        return descriptors == 1 ? 1 : Integer.highestOneBit(descriptors - 1) << 1;
    }
}
