package org.vhostdevice.core.virtqueue;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;

/// The device's side of one ring. Used by one thread. No method allocates per chain once the ring is warm.
public sealed interface Virtqueue permits SplitVirtqueue {
    /// Takes the next chain from the ring.
    ///
    /// @return the chain, to be completed once; null if the ring has none now or is [#saturated]
    /// @throws BrokenQueueException if the ring is malformed; nothing may be taken from it any more
    @Nullable
    DescriptorChain poll() throws BrokenQueueException;

    /// Asks the driver not to notify.
    void disableNotifications();

    /// Asks the driver to notify about chains after those taken.
    ///
    /// @return true if the ring has more chains already: the driver may not notify about them
    /// @throws BrokenQueueException if the ring is malformed
    boolean enableNotifications() throws BrokenQueueException;

    /// Makes the completions since the last call visible to the driver.
    ///
    /// @return whether the driver wants to be notified of them
    boolean publish();

    /// {@return whether so much is in flight that chains must be completed before more can be taken}
    boolean saturated();

    /// {@return chains taken and not completed}
    int inFlight();

    /// Takes up another snapshot of guest memory, which later chains use. The caller holds the old one until
    /// [#olderInFlight] is 0.
    ///
    /// @param memory the new snapshot
    /// @throws GuestMemoryException if the ring is not inside the new memory; nothing has changed then
    void useMemory(GuestMemory memory) throws GuestMemoryException;

    /// {@return chains in flight that were taken before the last [#useMemory]}
    int olderInFlight();

    /// Lets go of the ring in guest memory: chains can still be completed, but no one learns of it. Nothing may be
    /// taken any more.
    void abandon();

    /// {@return the state to go on from later (the number in `SET_VRING_BASE` and `GET_VRING_BASE`)}
    int base();
}
