package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_ENTRY_BYTES;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_FLAGS;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_F_NO_INTERRUPT;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_IDX;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_RING;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.LE16;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.LE32;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_ENTRY_BYTES;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_ENTRY_LEN;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_FLAGS;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_F_NO_NOTIFY;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_IDX;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_RING;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;

/// The device's side of a split virtqueue (VIRTIO 1.4, 2.7).
///
/// All indices are kept here and only ever written to guest memory, where the guest may change them at will. Guest
/// memory is accessed by plain reads and writes, ordered by fences: other access modes can end the process when the
/// memory's file has been truncated.
public final class SplitVirtqueue implements Virtqueue {
    /// Pieces of guest memory that the chains in flight may have together, so that a guest cannot use up this
    /// process's memory with long chains. One chain may be longer.
    static final int MAX_PIECES_IN_FLIGHT = 4 * RingSetup.MAX_SIZE;

    private final RingSetup setup;
    private final int mask;
    private final boolean eventIndex;
    private final @Nullable DescriptorChain[] taken;
    private final DescriptorChain[] spare;
    private int spareCount;

    private MemorySegment availableRing;
    private MemorySegment usedRing;
    private ChainWalker walker;

    private int nextAvailable; // the next entry to take, free-running
    private int seenAvailable; // the driver's index as last read
    private int nextUsed; // the next entry to write, free-running
    private int publishedUsed; // the index that the driver sees
    private int inFlight;
    private int piecesInFlight;
    private int generation; // of guest memory, counted by useMemory
    private int olderInFlight;

    /// Begins to use a ring.
    ///
    /// @param setup the ring's place and size
    /// @param memory guest memory; held by the caller as [#useMemory] says
    /// @param base the index of the first available entry to take, 0 to 65535
    /// @throws GuestMemoryException if a part of the ring is outside guest memory or misaligned
    public SplitVirtqueue(RingSetup setup, GuestMemory memory, int base) throws GuestMemoryException {
        this.setup = setup;
        this.mask = setup.size() - 1;
        this.eventIndex = setup.features().has(VirtioFeature.EVENT_IDX);
        this.taken = new DescriptorChain[setup.size()];
        this.spare = new DescriptorChain[setup.size()];
        this.availableRing = locateAvailable(memory);
        this.usedRing = locateUsed(memory);
        this.walker = locateDescriptors(memory);
        this.nextAvailable = base & 0xffff;
        this.seenAvailable = nextAvailable;
        this.nextUsed = Short.toUnsignedInt(usedRing.get(LE16, USED_IDX));
        this.publishedUsed = nextUsed;
    }

    @Override
    public void useMemory(GuestMemory memory) throws GuestMemoryException {
        MemorySegment available = locateAvailable(memory);
        MemorySegment used = locateUsed(memory);
        walker = locateDescriptors(memory);
        availableRing = available;
        usedRing = used;
        generation++;
        olderInFlight = inFlight;
    }

    @Override
    public int olderInFlight() {
        return olderInFlight;
    }

    @Override
    public void abandon() {
        availableRing = Arena.ofAuto().allocate(availableRing.byteSize(), SplitRingLayout.DESC_ALIGN);
        usedRing = Arena.ofAuto().allocate(usedRing.byteSize(), SplitRingLayout.DESC_ALIGN);
    }

    @Override
    public @Nullable DescriptorChain poll() throws BrokenQueueException {
        if (saturated() || (nextAvailable == seenAvailable && !seesMore())) {
            return null;
        }
        long entry = AVAIL_RING + (long) AVAIL_ENTRY_BYTES * (nextAvailable & mask);
        int head = Short.toUnsignedInt(availableRing.get(LE16, entry));
        if (head > mask) {
            throw new BrokenQueueException("available entry names descriptor " + head + " of " + setup.size());
        }
        if (taken[head] != null) {
            throw new BrokenQueueException("descriptor " + head + " made available while in flight");
        }
        DescriptorChain chain = spareCount > 0 ? spare[--spareCount] : new DescriptorChain(this);
        try {
            walker.walk(head, chain);
        } catch (BrokenQueueException e) {
            recycle(chain);
            throw e;
        }
        chain.begin(head, generation);
        taken[head] = chain;
        inFlight++;
        piecesInFlight += chain.pieces();
        nextAvailable = (nextAvailable + 1) & 0xffff;
        return chain;
    }

    void complete(DescriptorChain chain, long written) {
        long entry = USED_RING + (long) USED_ENTRY_BYTES * (nextUsed & mask);
        usedRing.set(LE32, entry, chain.head());
        usedRing.set(LE32, entry + USED_ENTRY_LEN, (int) written);
        nextUsed = (nextUsed + 1) & 0xffff;
        taken[chain.head()] = null;
        inFlight--;
        if (chain.generation() != generation) {
            olderInFlight--;
        }
        piecesInFlight -= chain.pieces();
        recycle(chain);
    }

    @Override
    public boolean publish() {
        int before = publishedUsed;
        if (nextUsed == before) {
            return false;
        }
        VarHandle.releaseFence();
        usedRing.set(LE16, USED_IDX, (short) nextUsed);
        publishedUsed = nextUsed;
        VarHandle.fullFence();
        if (eventIndex) {
            int event = Short.toUnsignedInt(availableRing.get(LE16, SplitRingLayout.usedEvent(setup.size())));
            return RingIndex.passed(event, nextUsed, before);
        }
        return (availableRing.get(LE16, AVAIL_FLAGS) & AVAIL_F_NO_INTERRUPT) == 0;
    }

    @Override
    public void disableNotifications() {
        if (!eventIndex) { // with it, an old avail_event keeps the driver quiet
            usedRing.set(LE16, USED_FLAGS, (short) USED_F_NO_NOTIFY);
        }
    }

    @Override
    public boolean enableNotifications() throws BrokenQueueException {
        if (eventIndex) {
            usedRing.set(LE16, SplitRingLayout.availEvent(setup.size()), (short) nextAvailable);
        } else {
            usedRing.set(LE16, USED_FLAGS, (short) 0);
        }
        VarHandle.fullFence();
        return nextAvailable != seenAvailable || seesMore();
    }

    @Override
    public boolean saturated() {
        return piecesInFlight >= MAX_PIECES_IN_FLIGHT;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public int base() {
        return nextAvailable;
    }

    private boolean seesMore() throws BrokenQueueException {
        int index = Short.toUnsignedInt(availableRing.get(LE16, AVAIL_IDX));
        VarHandle.acquireFence();
        if (RingIndex.distance(nextAvailable, index) > setup.size()) {
            throw new BrokenQueueException("available index " + index + " is more than " + setup.size()
                    + " entries ahead of " + nextAvailable);
        }
        seenAvailable = index;
        return index != nextAvailable;
    }

    private void recycle(DescriptorChain chain) {
        chain.end();
        spare[spareCount++] = chain;
    }

    private ChainWalker locateDescriptors(GuestMemory memory) throws GuestMemoryException {
        long bytes = (long) SplitRingLayout.DESC_BYTES * setup.size();
        MemorySegment table = locate(memory, setup.descriptors(), bytes, SplitRingLayout.DESC_ALIGN);
        return new ChainWalker(table, memory, setup.features().has(VirtioFeature.INDIRECT_DESC));
    }

    private MemorySegment locateAvailable(GuestMemory memory) throws GuestMemoryException {
        long bytes = SplitRingLayout.usedEvent(setup.size()) + eventBytes();
        return locate(memory, setup.driver(), bytes, SplitRingLayout.AVAIL_ALIGN);
    }

    private MemorySegment locateUsed(GuestMemory memory) throws GuestMemoryException {
        long bytes = SplitRingLayout.availEvent(setup.size()) + eventBytes();
        return locate(memory, setup.device(), bytes, SplitRingLayout.USED_ALIGN);
    }

    private int eventBytes() {
        return eventIndex ? SplitRingLayout.EVENT_BYTES : 0;
    }

    private static MemorySegment locate(GuestMemory memory, long address, long bytes, int alignment)
            throws GuestMemoryException {
        MemorySegment part = memory.slice(address, bytes);
        if ((address | part.address()) % alignment != 0) {
            throw new GuestMemoryException(
                    "ring part at " + Long.toHexString(address) + " is not aligned to " + alignment);
        }
        return part;
    }
}
