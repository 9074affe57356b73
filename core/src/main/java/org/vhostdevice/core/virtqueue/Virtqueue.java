package org.vhostdevice.core.virtqueue;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;

/// The device's side of one ring. Used by one thread. No method allocates per chain once the ring is warm.
public sealed interface Virtqueue extends AutoCloseable permits SplitVirtqueue, PackedVirtqueue {
    /// {@return the device's side of a ring whose chains in flight are recorded nowhere, in the format that was
    /// negotiated}
    ///
    /// @param setup the ring's place and size
    /// @param memory guest memory; held until [#close]
    /// @param base where the ring goes on, as [#base] says
    /// @throws GuestMemoryException if a part of the ring is outside guest memory or misaligned, or `base` outside
    ///     the ring
    static Virtqueue open(RingSetup setup, GuestMemory memory, int base) throws GuestMemoryException {
        return open(setup, memory, base, null);
    }

    /// {@return the device's side of a ring, in the format that was negotiated}
    ///
    /// @param setup the ring's place and size
    /// @param memory guest memory; held until [#close]
    /// @param base where the ring goes on, as [#base] says, unless `area` holds the record of another process
    /// @param area where chains in flight are recorded; null for nowhere
    /// @throws GuestMemoryException if a part of the ring is outside guest memory or misaligned, or `base` outside
    ///     the ring
    static Virtqueue open(RingSetup setup, GuestMemory memory, int base, @Nullable InflightArea area)
            throws GuestMemoryException {
        return setup.features().has(VirtioFeature.RING_PACKED)
                ? new PackedVirtqueue(setup, memory, base, area)
                : new SplitVirtqueue(setup, memory, base, area);
    }

    /// Takes the next chain: first those that another process held when it ended, in the order in which it took
    /// them, then those of the ring.
    ///
    /// @return the chain, to be completed once; null if the ring has none now or is [#saturated]
    /// @throws BrokenQueueException if the ring is malformed; nothing may be taken from it any more
    @Nullable
    DescriptorChain poll() throws BrokenQueueException;

    /// Asks the driver not to notify.
    void disableNotifications();

    /// Asks the driver to notify about chains after those taken.
    ///
    /// @param chains about how many at a time, 1 to half of the ring; with EVENT_IDX only, otherwise each
    /// @return true if the ring has more chains already: the driver may not notify about them
    /// @throws BrokenQueueException if the ring is malformed
    boolean enableNotifications(int chains) throws BrokenQueueException;

    /// Looks for a change, without a check of what the driver wrote.
    ///
    /// @return whether [#poll] may find a chain, or a fault
    boolean mayHaveMore();

    /// Makes the completions since the last call visible to the driver.
    ///
    /// @return whether the driver wants to be notified of them
    boolean publish();

    /// {@return whether a [#publish] notified the driver and it has not looked at the ring since} As far as that can be
    /// seen: with EVENT_IDX only, since a driver that looks asks for another event.
    boolean unheeded();

    /// {@return whether so much is in flight that chains must be completed before more can be taken}
    boolean saturated();

    /// {@return chains taken and not given back} With IN_ORDER a completed chain is given back once those taken
    /// before it are.
    int inFlight();

    /// {@return whether no chain is in flight, and none of another process is still to be taken}
    boolean idle();

    /// Takes up another snapshot of guest memory, which later chains use. Chains in flight keep the one they have.
    ///
    /// @param memory the new snapshot, held until [#releaseMemory] after the next change
    /// @throws GuestMemoryException if the ring is not inside the new memory; nothing has changed then
    void useMemory(GuestMemory memory) throws GuestMemoryException;

    /// Marks from now on in another log what is written, or no longer.
    ///
    /// @param log where; null for nowhere
    void useLog(@Nullable RingLog log);

    /// Marks the chains in flight in the log, as the device gives them up and may have written a part.
    void markInFlight();

    /// {@return whether another snapshot can be taken up} Not while chains in flight lie in 63 older ones.
    boolean canUseMemory();

    /// {@return the snapshots of guest memory that are held: the newest, and those with chains in flight until
    /// [#releaseMemory] finds them without}
    int snapshots();

    /// Lets go of older snapshots of guest memory in which no chain is in flight any more.
    void releaseMemory();

    /// Lets go of the ring in guest memory: chains can still be completed, but no one learns of it. Nothing may be
    /// taken any more.
    void abandon();

    /// {@return the state to go on from later: the number in `SET_VRING_BASE` and `GET_VRING_BASE`} For a split ring
    /// the available index; for a packed one in bits 0 to 15 where the next chain is taken, in bits 16 to 31 where
    /// the next one is given back, each an index with the wrap counter in its highest bit.
    int base();

    /// Lets go of guest memory. The device holds no chain any more.
    @Override
    void close();
}
