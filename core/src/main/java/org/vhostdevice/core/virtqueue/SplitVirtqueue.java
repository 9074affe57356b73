package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.RingLayout.LE16;
import static org.vhostdevice.core.virtqueue.RingLayout.LE32;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_ENTRY_BYTES;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_FLAGS;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_F_NO_INTERRUPT;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_IDX;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.AVAIL_RING;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_ENTRY_BYTES;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_ENTRY_LEN;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_FLAGS;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_F_NO_NOTIFY;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_IDX;
import static org.vhostdevice.core.virtqueue.SplitRingLayout.USED_RING;

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
public final class SplitVirtqueue extends RingChains implements Virtqueue {
    private final RingSetup setup;
    private final int mask;
    private final boolean eventIndex;

    private MemorySegment availableRing;
    private MemorySegment usedRing;
    private SplitChainWalker walker;

    private int nextAvailable; // the next entry to take, free-running
    private int seenAvailable; // the driver's index as last read
    private int nextUsed; // the next entry to write, free-running
    private int publishedUsed; // the index that the driver sees

    private @Nullable SplitInflight inflight;
    private int[] lost = {};

    /// Begins to use a ring whose chains in flight are recorded nowhere.
    ///
    /// @param setup the ring's place and size
    /// @param memory guest memory; held until [#close]
    /// @param base the index of the first available entry to take, 0 to 65535
    /// @throws GuestMemoryException if a part of the ring is outside guest memory or misaligned
    public SplitVirtqueue(RingSetup setup, GuestMemory memory, int base) throws GuestMemoryException {
        this(setup, memory, base, null);
    }

    /// Begins to use a ring.
    ///
    /// @param setup the ring's place and size
    /// @param memory guest memory; held until [#close]
    /// @param base the index of the first available entry to take, 0 to 65535
    /// @param area where chains in flight are recorded; what another process left there goes before `base`
    /// @throws GuestMemoryException if a part of the ring is outside guest memory or misaligned
    public SplitVirtqueue(RingSetup setup, GuestMemory memory, int base, @Nullable InflightArea area)
            throws GuestMemoryException {
        super(setup);
        this.setup = setup;
        this.mask = setup.size() - 1;
        this.eventIndex = setup.features().has(VirtioFeature.EVENT_IDX);
        this.availableRing = locateAvailable(memory);
        this.usedRing = locateUsed(memory);
        this.walker = locateDescriptors(memory);
        this.nextAvailable = base & 0xffff;
        this.seenAvailable = nextAvailable;
        this.nextUsed = SharedReads.u16(usedRing, LE16, USED_IDX);
        this.publishedUsed = nextUsed;
        if (area != null) {
            record(new SplitInflight(area, setup.size()));
        }
        beginGeneration(memory);
    }

    /// Goes on where another process was: after the chains that it gave back and those that it held.
    private void record(SplitInflight record) {
        inflight = record;
        int[] heads = record.resume(nextUsed);
        if (heads != null) {
            lost = heads;
            beginWithLost(heads.length);
            nextAvailable = (nextUsed + heads.length) & 0xffff;
            seenAvailable = nextAvailable;
        }
    }

    @Override
    public void useMemory(GuestMemory memory) throws GuestMemoryException {
        requireRoom();
        MemorySegment newAvailableRing = locateAvailable(memory);
        MemorySegment newUsedRing = locateUsed(memory);
        walker = locateDescriptors(memory);
        availableRing = newAvailableRing;
        usedRing = newUsedRing;
        beginGeneration(memory);
    }

    @Override
    public void abandon() {
        useLog(null);
        availableRing = RingLayout.standIn(availableRing);
        usedRing = RingLayout.standIn(usedRing);
        inflight = null;
    }

    @Override
    public @Nullable DescriptorChain poll() throws BrokenQueueException {
        if (saturated()) {
            return null;
        }
        if (hasLost()) {
            return take(lost[takeLost()], null);
        }
        if (nextAvailable == seenAvailable && !seesMore()) {
            return null;
        }
        long entry = AVAIL_RING + (long) AVAIL_ENTRY_BYTES * (nextAvailable & mask);
        int head = SharedReads.u16(availableRing, LE16, entry);
        checkFree(head);
        DescriptorChain chain = take(head, inflight);
        nextAvailable = (nextAvailable + 1) & 0xffff;
        return chain;
    }

    /// @param record where the chain is to be recorded
    private DescriptorChain take(int head, @Nullable SplitInflight record) throws BrokenQueueException {
        DescriptorChain chain = spare();
        try {
            walker.walk(head, chain);
            if (record != null) {
                record.begin(head);
            }
        } catch (BrokenQueueException e) {
            recycle(chain);
            throw e;
        }
        take(chain, head);
        return chain;
    }

    @Override
    void writeUsed(DescriptorChain chain) {
        long entry = USED_RING + (long) USED_ENTRY_BYTES * (nextUsed & mask);
        usedRing.set(LE32, entry, chain.id());
        usedRing.set(LE32, entry + USED_ENTRY_LEN, (int) chain.written());
        nextUsed = (nextUsed + 1) & 0xffff;
        if (inflight != null) {
            inflight.giveBack(chain.id());
        }
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
        markUsed(before);
        if (inflight != null) {
            inflight.settle(nextUsed);
        }
        VarHandle.fullFence();
        if (eventIndex) {
            int event = driverEvent();
            return awaits(event, RingIndex.passed(event, nextUsed, before));
        }
        return (SharedReads.u16(availableRing, LE16, AVAIL_FLAGS) & AVAIL_F_NO_INTERRUPT) == 0;
    }

    @Override
    int driverEvent() {
        return SharedReads.u16(availableRing, LE16, SplitRingLayout.usedEvent(setup.size()));
    }

    /// Marks the used entries that were published, and the index.
    private void markUsed(int before) {
        RingLog log = log();
        if (log == null) {
            return;
        }
        int first = before & mask;
        int count = (nextUsed - before) & 0xffff;
        int untilEnd = Math.min(count, setup.size() - first);
        log.deviceArea(USED_RING + (long) USED_ENTRY_BYTES * first, (long) USED_ENTRY_BYTES * untilEnd);
        log.deviceArea(USED_RING, (long) USED_ENTRY_BYTES * (count - untilEnd));
        log.deviceArea(USED_IDX, Short.BYTES);
    }

    private void markDeviceArea(long offset) {
        RingLog log = log();
        if (log != null) {
            log.deviceArea(offset, Short.BYTES);
        }
    }

    @Override
    public void disableNotifications() {
        if (!eventIndex) { // with it, an old avail_event keeps the driver quiet
            usedRing.set(LE16, USED_FLAGS, (short) USED_F_NO_NOTIFY);
            markDeviceArea(USED_FLAGS);
        }
    }

    @Override
    public boolean enableNotifications(int chains) throws BrokenQueueException {
        if (eventIndex) {
            long event = SplitRingLayout.availEvent(setup.size());
            usedRing.set(LE16, event, (short) (nextAvailable + chains - 1));
            markDeviceArea(event);
        } else {
            usedRing.set(LE16, USED_FLAGS, (short) 0);
            markDeviceArea(USED_FLAGS);
        }
        VarHandle.fullFence();
        return hasLost() || nextAvailable != seenAvailable || seesMore();
    }

    @Override
    public int base() {
        return nextAvailable;
    }

    @Override
    public boolean mayHaveMore() {
        int index = SharedReads.u16(availableRing, LE16, AVAIL_IDX);
        VarHandle.acquireFence(); // the next look is another one
        return index != nextAvailable;
    }

    private boolean seesMore() throws BrokenQueueException {
        int index = SharedReads.u16(availableRing, LE16, AVAIL_IDX);
        VarHandle.acquireFence();
        if (RingIndex.distance(nextAvailable, index) > setup.size()) {
            throw new BrokenQueueException("available index " + index + " is more than " + setup.size()
                    + " entries ahead of " + nextAvailable);
        }
        seenAvailable = index;
        return index != nextAvailable;
    }

    private SplitChainWalker locateDescriptors(GuestMemory memory) throws GuestMemoryException {
        long bytes = (long) RingLayout.DESC_BYTES * setup.size();
        MemorySegment table = RingLayout.locate(memory, setup.descriptors(), bytes, RingLayout.DESC_ALIGN);
        return new SplitChainWalker(table, memory, setup.features());
    }

    private MemorySegment locateAvailable(GuestMemory memory) throws GuestMemoryException {
        long bytes = SplitRingLayout.usedEvent(setup.size()) + eventBytes();
        return RingLayout.locate(memory, setup.driver(), bytes, SplitRingLayout.AVAIL_ALIGN);
    }

    private MemorySegment locateUsed(GuestMemory memory) throws GuestMemoryException {
        long bytes = SplitRingLayout.availEvent(setup.size()) + eventBytes();
        return RingLayout.locate(memory, setup.device(), bytes, SplitRingLayout.USED_ALIGN);
    }

    private int eventBytes() {
        return eventIndex ? SplitRingLayout.EVENT_BYTES : 0;
    }
}
