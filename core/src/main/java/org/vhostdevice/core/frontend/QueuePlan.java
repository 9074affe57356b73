package org.vhostdevice.core.frontend;

/// The queues to be set up.
///
/// @param count           how many; 0 for as many as the back end has
/// @param size            descriptors of each, `1..32768`; a power of two if the rings turn out to be split
/// @param indirectEntries descriptors in each indirect table, if INDIRECT_DESC is negotiated
public record QueuePlan(int count, int size, int indirectEntries) {
    /// Checks the numbers.
    public QueuePlan {
        if (count < 0 || count > 256) {
            throw new IllegalArgumentException(count + " queues");
        }
        DriverQueueOptions.check(size, indirectEntries);
    }

    DriverQueueOptions options(long features) throws BackendRefusal {
        if ((features & DriverFeature.RING_PACKED) == 0 && Integer.bitCount(size) != 1) {
            throw new BackendRefusal("a ring of " + size + " descriptors has to be packed, which was not agreed on");
        }
        return DriverQueueOptions.of(size, indirectEntries, features);
    }
}
