package org.vhostdevice.core.frontend;

/// The queues to be set up.
///
/// @param count           how many; 0 for as many as the back end has
/// @param size            descriptors of each, a power of two in `1..32768`
/// @param indirectEntries descriptors in each indirect table, if INDIRECT_DESC is negotiated
public record QueuePlan(int count, int size, int indirectEntries) {
    /// Checks the numbers.
    public QueuePlan {
        if (count < 0 || count > 256) {
            throw new IllegalArgumentException(count + " queues");
        }
        DriverQueueOptions.check(size, indirectEntries);
    }

    DriverQueueOptions options(long features) {
        boolean eventIdx = (features & DriverFeature.EVENT_IDX) != 0;
        boolean indirect = (features & DriverFeature.INDIRECT_DESC) != 0;
        return new DriverQueueOptions(size, eventIdx, indirect ? indirectEntries : 0);
    }
}
