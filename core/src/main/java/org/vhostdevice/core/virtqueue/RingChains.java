package org.vhostdevice.core.virtqueue;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;

/// The chains of one ring of either format: those in flight, by id, and those to be used again.
///
/// With IN_ORDER (VIRTIO 1.4, 6) a completed chain is held back until those taken before it are completed.
abstract sealed class RingChains permits SplitVirtqueue, PackedVirtqueue {
    /// Pieces of guest memory that the chains in flight may have together, so that a guest cannot use up this
    /// process's memory with long chains. One chain may be longer.
    private static final int MAX_PIECES_IN_FLIGHT = 4 * RingSetup.MAX_SIZE;

    /// No event, nor what a driver writes for one.
    private static final int NO_EVENT = -1;

    private final @Nullable DescriptorChain[] taken;
    private final DescriptorChain[] spare;
    private int spareCount;
    private int inFlight;
    private int piecesInFlight;
    private final MemoryGenerations generations = new MemoryGenerations();

    // With IN_ORDER the chains in flight, in a circle from the oldest on.
    private final DescriptorChain @Nullable [] order;
    private int oldest;

    // Chains that another process held when it ended, which are taken before all others.
    private int lost;
    private int lostTaken;

    // The event of which the driver was notified, as it lies in memory, unless it has chosen another since.
    private int notified = NO_EVENT;

    private @Nullable RingLog log;

    RingChains(RingSetup setup) {
        taken = new DescriptorChain[setup.size()];
        spare = new DescriptorChain[setup.size()];
        order = setup.features().has(VirtioFeature.IN_ORDER) ? new DescriptorChain[setup.size()] : null;
    }

    /// As [Virtqueue#saturated] says.
    public final boolean saturated() {
        return piecesInFlight >= MAX_PIECES_IN_FLIGHT;
    }

    /// As [Virtqueue#inFlight] says.
    public final int inFlight() {
        return inFlight;
    }

    /// As [Virtqueue#unheeded] says.
    public final boolean unheeded() {
        return notified != NO_EVENT && notified == driverEvent();
    }

    /// {@return what the driver writes to say of which chain it is to be notified}
    abstract int driverEvent();

    /// Takes note of what [#driverEvent] was when chains were published.
    ///
    /// @param reached whether it is among them
    /// @return `reached`
    final boolean awaits(int event, boolean reached) {
        if (reached) {
            notified = event;
        } else if (event != notified) {
            notified = NO_EVENT;
        }
        return reached;
    }

    /// As [Virtqueue#idle] says.
    public final boolean idle() {
        return inFlight == 0 && !hasLost();
    }

    /// As [Virtqueue#canUseMemory] says.
    public final boolean canUseMemory() {
        return generations.hasRoom();
    }

    final void requireRoom() throws GuestMemoryException {
        if (!canUseMemory()) {
            throw new GuestMemoryException(
                    "requests in flight hold " + snapshots() + " earlier states of guest memory");
        }
    }

    /// As [Virtqueue#snapshots] says.
    public final int snapshots() {
        return generations.held();
    }

    /// As [Virtqueue#releaseMemory] says.
    public final void releaseMemory() {
        generations.releaseUnused();
    }

    /// As [Virtqueue#close] says.
    public final void close() {
        generations.releaseAll();
    }

    /// As [Virtqueue#useLog] says.
    public void useLog(@Nullable RingLog newLog) {
        log = newLog;
    }

    /// As [Virtqueue#markInFlight] says.
    public final void markInFlight() {
        for (DescriptorChain chain : taken) {
            if (log != null && chain != null) {
                log.written(chain);
            }
        }
    }

    /// Where this ring marks what it writes; null while nobody wants to know.
    final @Nullable RingLog log() {
        return log;
    }

    /// Chains taken from now on use this snapshot of guest memory.
    final void beginGeneration(GuestMemory memory) {
        generations.begin(memory);
        generations.releaseUnused();
    }

    /// Writes a used entry for a completed chain, which the driver does not see yet.
    abstract void writeUsed(DescriptorChain chain);

    /// Has chains of another process taken first.
    final void beginWithLost(int count) {
        lost = count;
    }

    /// Whether a chain of another process is to be taken next.
    final boolean hasLost() {
        return lostTaken < lost;
    }

    /// Which one that is, counted from 0.
    final int takeLost() {
        return lostTaken++;
    }

    /// Checks that a driver may use an id for a new chain.
    ///
    /// In a packed ring it chooses the id itself. More than one per descriptor it never needs, and the
    /// specification's own driver takes none that is not less than the ring's size (2.8.22).
    final void checkFree(int id) throws BrokenQueueException {
        if (id >= taken.length) {
            throw new BrokenQueueException("chain " + id + " in a ring of " + taken.length);
        }
        if (taken[id] != null) {
            throw new BrokenQueueException("chain " + id + " made available while in flight");
        }
    }

    /// An empty chain, for [#take] or [#recycle].
    final DescriptorChain spare() {
        return spareCount > 0 ? spare[--spareCount] : new DescriptorChain(this);
    }

    /// Keeps an empty chain, whatever it holds now.
    final void recycle(DescriptorChain chain) {
        chain.end();
        spare[spareCount++] = chain;
    }

    /// Puts a chain in flight.
    ///
    /// @param id free
    final void take(DescriptorChain chain, int id) {
        chain.begin(id, generations.taken());
        if (order != null) {
            order[(oldest + inFlight) % order.length] = chain;
        }
        taken[id] = chain;
        inFlight++;
        piecesInFlight += chain.pieces();
    }

    final void complete(DescriptorChain chain) {
        if (order == null) {
            giveBack(chain);
            return;
        }
        while (inFlight > 0 && order[oldest].written() >= 0) {
            DescriptorChain next = order[oldest];
            oldest = (oldest + 1) % order.length;
            giveBack(next);
        }
    }

    private void giveBack(DescriptorChain chain) {
        if (log != null) {
            log.written(chain);
        }
        writeUsed(chain);
        taken[chain.id()] = null;
        inFlight--;
        generations.returned(chain.generation());
        piecesInFlight -= chain.pieces();
        recycle(chain);
    }
}
