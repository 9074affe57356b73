package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.PackedRingLayout.DESC_FLAGS;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.DESC_F_AVAIL;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.DESC_F_USED;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.DESC_ID;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.EVENT_DESC;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.EVENT_DISABLE;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.EVENT_FLAGS_MASK;
import static org.vhostdevice.core.virtqueue.PackedRingLayout.EVENT_FLAGS_SHIFT;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_BYTES;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_F_WRITE;
import static org.vhostdevice.core.virtqueue.RingLayout.DESC_LEN;
import static org.vhostdevice.core.virtqueue.RingLayout.LE16;
import static org.vhostdevice.core.virtqueue.RingLayout.LE32;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;

/// The device's side of a packed virtqueue (VIRTIO 1.4, 2.8).
///
/// All positions are kept here and never read from guest memory, which the guest may change at will. Guest memory is
/// accessed by plain reads and writes, ordered by fences: other access modes can end the process when the memory's
/// file has been truncated.
///
/// Used descriptors are written when chains are completed, except for the flags of the first one, which
/// [#publish] writes last: until then a driver, who waits for that one, sees none of them.
public final class PackedVirtqueue extends RingChains implements Virtqueue {
    /// What front ends send as the base of a fresh ring that know only the lower half of it: there the used half
    /// is 0, which would be a whole ring in flight.
    private static final int FRESH_WITHOUT_USED = 1 << 15;

    /// The base of a fresh ring: nothing taken, nothing used, both wrap counters 1.
    private static final int FRESH = 1 << 31 | 1 << 15;

    private final RingSetup setup;
    private final int size;
    private final boolean eventIndex;
    private final int[] lengths; // descriptors of the ring that each chain in flight has, by id

    private MemorySegment ring;
    private MemorySegment driverEvent;
    private MemorySegment deviceEvent;
    private PackedChainWalker walker;

    private int nextAvailable; // position of the next chain to take
    private int nextUsed; // position of the next used descriptor to write
    private int free; // descriptors that the driver may make available, as far as it knows
    private int unpublished; // descriptors of completed chains that the driver does not know of
    private long heldEntry; // the first used descriptor of these, whose flags wait
    private int heldFlags;

    private @Nullable PackedInflight inflight;
    private @Nullable PackedRecord lost; // the chains of another process

    /// Begins to use a ring whose chains in flight are recorded nowhere.
    ///
    /// @param setup the ring's place and size
    /// @param memory guest memory; held until [#close]
    /// @param base as [#base] says
    /// @throws GuestMemoryException if a part of the ring is outside guest memory or misaligned, or `base` outside
    ///     the ring
    public PackedVirtqueue(RingSetup setup, GuestMemory memory, int base) throws GuestMemoryException {
        this(setup, memory, base, null);
    }

    /// Begins to use a ring.
    ///
    /// @param setup the ring's place and size
    /// @param memory guest memory; held until [#close]
    /// @param base as [#base] says
    /// @param area where chains in flight are recorded; what another process left there goes before `base`
    /// @throws GuestMemoryException if a part of the ring is outside guest memory or misaligned, or `base` outside
    ///     the ring
    public PackedVirtqueue(RingSetup setup, GuestMemory memory, int base, @Nullable InflightArea area)
            throws GuestMemoryException {
        super(setup);
        this.setup = setup;
        this.size = setup.size();
        this.eventIndex = setup.features().has(VirtioFeature.EVENT_IDX);
        this.lengths = new int[size];
        this.ring = locateRing(memory);
        this.inflight = area == null ? null : new PackedInflight(area, size);
        this.walker = new PackedChainWalker(ring, memory, setup.features(), inflight);
        this.driverEvent = locateEvent(memory, setup.driver());
        this.deviceEvent = locateEvent(memory, setup.device());
        if (inflight == null || !resume(inflight)) {
            begin(base);
        }
        beginGeneration(memory);
    }

    private void begin(int base) throws GuestMemoryException {
        int start = isFresh(base) ? FRESH : base;
        nextAvailable = PackedPosition.decode(start & 0xffff, size);
        nextUsed = PackedPosition.decode(start >>> 16, size);
        free = size - PackedPosition.distance(nextUsed, nextAvailable, size);
        if (Math.max(nextAvailable, nextUsed) >= 2 * size || free < 0) {
            throw new GuestMemoryException("base " + Integer.toHexString(base) + " in a ring of " + size);
        }
        if (inflight != null) {
            inflight.start(nextUsed);
        }
    }

    /// Goes on where another process was: after the chains that it gave back and those that it held.
    ///
    /// @return whether it left a sound record
    private boolean resume(PackedInflight record) {
        int unsettled = record.unsettledPosition();
        if (unsettled < 0) {
            return false;
        }
        PackedRecord chains = record.resume(!isAvailable(unsettled));
        if (chains == null) {
            return false;
        }
        lost = chains;
        beginWithLost(chains.chains());
        nextUsed = record.used();
        nextAvailable = PackedPosition.advance(nextUsed, chains.descriptors(), size);
        free = size - chains.descriptors();
        takeBackUnseen(chains.descriptors());
        return true;
    }

    /// Marks descriptors of chains in flight as not used. The other process may have written some behind one that it
    /// did not come to, which is why no driver has seen them; now that one may be written.
    private void takeBackUnseen(int count) {
        for (int i = 0; i < count; i++) {
            int position = PackedPosition.advance(nextUsed, i, size);
            long flagsAt = (long) DESC_BYTES * PackedPosition.index(position, size) + DESC_FLAGS;
            int flags = SharedReads.u16(ring, LE16, flagsAt) & (DESC_F_AVAIL | DESC_F_USED);
            if (flags == PackedPosition.usedFlags(position, size)) {
                ring.set(LE16, flagsAt, (short) PackedPosition.availableFlags(position, size));
            }
        }
        VarHandle.releaseFence();
    }

    /// Whether a base stands for a fresh ring. User Mode Linux knows nothing of packed rings and says 0, which would be
    /// a ring at its second turn; such a one has descriptors that were used in the first.
    private boolean isFresh(int base) {
        if (base != 0) {
            return base == FRESH_WITHOUT_USED;
        }
        for (int i = 0; i < size; i++) {
            if ((SharedReads.u16(ring, RingLayout.LE16, (long) i * RingLayout.DESC_BYTES + DESC_FLAGS) & DESC_F_USED)
                    != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void useMemory(GuestMemory memory) throws GuestMemoryException {
        requireRoom();
        MemorySegment newRing = locateRing(memory);
        MemorySegment newDriverEvent = locateEvent(memory, setup.driver());
        deviceEvent = locateEvent(memory, setup.device());
        driverEvent = newDriverEvent;
        ring = newRing;
        walker = new PackedChainWalker(newRing, memory, setup.features(), inflight);
        beginGeneration(memory);
    }

    @Override
    public void useLog(@Nullable RingLog log) {
        super.useLog(log);
        if (log != null) { // the record of another process may have changed any descriptor when the ring began
            log.ring(setup.descriptors(), (long) DESC_BYTES * size);
        }
    }

    @Override
    public void abandon() {
        useLog(null);
        ring = RingLayout.standIn(ring);
        driverEvent = RingLayout.standIn(driverEvent);
        deviceEvent = RingLayout.standIn(deviceEvent);
        inflight = null;
        lost = null;
    }

    @Override
    public @Nullable DescriptorChain poll() throws BrokenQueueException {
        if (saturated()) {
            return null;
        }
        if (hasLost() && lost != null) {
            return takeAgain(lost, takeLost());
        }
        if (!seesMore()) {
            return null;
        }
        if (free == 0) {
            throw new BrokenQueueException("a chain was made available while all descriptors are in flight");
        }
        DescriptorChain chain = spare();
        try {
            if (inflight != null) {
                inflight.begin();
            }
            int length = walker.walk(nextAvailable, free, chain);
            int id = walker.id();
            checkFree(id);
            if (inflight != null) {
                inflight.commit(id);
            }
            take(chain, id);
            lengths[id] = length;
            free -= length;
            nextAvailable = PackedPosition.advance(nextAvailable, length, size);
        } catch (BrokenQueueException e) {
            recycle(chain);
            throw e;
        }
        return chain;
    }

    private DescriptorChain takeAgain(PackedRecord record, int index) throws BrokenQueueException {
        DescriptorChain chain = spare();
        int[] entries = record.entries(index);
        try {
            walker.walk(record, entries, chain);
        } catch (BrokenQueueException e) {
            recycle(chain);
            throw e;
        }
        take(chain, record.id(index));
        lengths[record.id(index)] = entries.length;
        return chain;
    }

    @Override
    void writeUsed(DescriptorChain chain) {
        long entry = (long) DESC_BYTES * PackedPosition.index(nextUsed, size);
        int flags = PackedPosition.usedFlags(nextUsed, size) | (chain.written() > 0 ? DESC_F_WRITE : 0);
        ring.set(LE32, entry + DESC_LEN, (int) chain.written());
        ring.set(LE16, entry + DESC_ID, (short) chain.id());
        if (unpublished == 0) {
            heldEntry = entry;
            heldFlags = flags;
        } else {
            ring.set(LE16, entry + DESC_FLAGS, (short) flags);
        }
        if (inflight != null) {
            inflight.giveBack(chain.id());
        }
        int length = lengths[chain.id()];
        unpublished += length;
        nextUsed = PackedPosition.advance(nextUsed, length, size);
    }

    @Override
    public boolean publish() {
        int count = unpublished;
        if (count == 0) {
            return false;
        }
        if (inflight != null) {
            inflight.prepare(nextUsed);
        }
        VarHandle.releaseFence();
        ring.set(LE16, heldEntry + DESC_FLAGS, (short) heldFlags);
        free += count;
        unpublished = 0;
        markUsed(count);
        if (inflight != null) {
            inflight.settle();
        }
        VarHandle.fullFence();
        int event = driverEvent();
        int flags = (event >>> EVENT_FLAGS_SHIFT) & EVENT_FLAGS_MASK;
        if (flags != EVENT_DESC || !eventIndex) {
            return flags != EVENT_DISABLE;
        }
        int before = PackedPosition.advance(nextUsed, 2 * size - count, size);
        int wanted = PackedPosition.decode(event & 0xffff, size);
        return awaits(event, PackedPosition.distance(before, wanted, size) < count);
    }

    @Override
    int driverEvent() {
        return SharedReads.s32(driverEvent, LE32, 0);
    }

    /// Marks the descriptors that were published, and those between them.
    private void markUsed(int count) {
        RingLog log = log();
        if (log != null) {
            int first = PackedPosition.index(PackedPosition.advance(nextUsed, 2 * size - count, size), size);
            int untilEnd = Math.min(count, size - first);
            log.ring(setup.descriptors() + (long) DESC_BYTES * first, (long) DESC_BYTES * untilEnd);
            log.ring(setup.descriptors(), (long) DESC_BYTES * (count - untilEnd));
        }
    }

    /// Marks the event suppression structure, where front ends expect it and where it is.
    private void markEvent() {
        RingLog log = log();
        if (log != null) {
            log.deviceArea(0, PackedRingLayout.EVENT_BYTES);
            log.ring(setup.device(), PackedRingLayout.EVENT_BYTES);
        }
    }

    @Override
    public void disableNotifications() {
        if (!eventIndex) { // with it, an old event keeps the driver quiet
            deviceEvent.set(LE32, 0, EVENT_DISABLE << EVENT_FLAGS_SHIFT);
            markEvent();
        }
    }

    @Override
    public boolean enableNotifications(int chains) throws BrokenQueueException {
        int position = PackedPosition.advance(nextAvailable, chains - 1, size); // as if each had one descriptor
        int event = eventIndex ? EVENT_DESC << EVENT_FLAGS_SHIFT | PackedPosition.encode(position, size) : 0;
        deviceEvent.set(LE32, 0, event);
        markEvent();
        VarHandle.fullFence();
        return hasLost() || seesMore();
    }

    @Override
    public int base() {
        return PackedPosition.encode(nextUsed, size) << 16 | PackedPosition.encode(nextAvailable, size);
    }

    @Override
    public boolean mayHaveMore() {
        return seesMore();
    }

    private boolean seesMore() {
        return isAvailable(nextAvailable);
    }

    /// Whether the descriptor at a position has the flags of one that the driver made available.
    private boolean isAvailable(int position) {
        long entry = (long) DESC_BYTES * PackedPosition.index(position, size);
        int flags = SharedReads.u16(ring, LE16, entry + DESC_FLAGS);
        VarHandle.acquireFence();
        return (flags & (DESC_F_AVAIL | DESC_F_USED)) == PackedPosition.availableFlags(position, size);
    }

    private MemorySegment locateRing(GuestMemory memory) throws GuestMemoryException {
        return RingLayout.locate(memory, setup.descriptors(), (long) DESC_BYTES * size, RingLayout.DESC_ALIGN);
    }

    private static MemorySegment locateEvent(GuestMemory memory, long address) throws GuestMemoryException {
        return RingLayout.locate(memory, address, PackedRingLayout.EVENT_BYTES, PackedRingLayout.EVENT_ALIGN);
    }
}
