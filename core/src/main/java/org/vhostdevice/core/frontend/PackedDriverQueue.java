package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.PackedRing.DESCRIPTOR_FLAGS;
import static org.vhostdevice.core.frontend.PackedRing.DESCRIPTOR_ID;
import static org.vhostdevice.core.frontend.PackedRing.EVENT;
import static org.vhostdevice.core.frontend.PackedRing.EVENT_ALIGNMENT;
import static org.vhostdevice.core.frontend.PackedRing.EVENT_DESC;
import static org.vhostdevice.core.frontend.PackedRing.EVENT_DISABLE;
import static org.vhostdevice.core.frontend.PackedRing.EVENT_ENABLE;
import static org.vhostdevice.core.frontend.PackedRing.EVENT_FLAGS_MASK;
import static org.vhostdevice.core.frontend.PackedRing.EVENT_FLAGS_SHIFT;
import static org.vhostdevice.core.frontend.PackedRing.F_AVAIL;
import static org.vhostdevice.core.frontend.PackedRing.F_USED;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_REST;
import static org.vhostdevice.core.frontend.SplitRing.F_WRITE;
import static org.vhostdevice.core.frontend.SplitRing.LE16;
import static org.vhostdevice.core.frontend.SplitRing.LE32;
import static org.vhostdevice.core.frontend.SplitRing.LE64;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/// The driver's side of a packed virtqueue (VIRTIO 1.4, 2.8). Heads are buffer ids.
///
/// A chain is written into the ring whenever it is offered, behind the one offered before. The flags of the first
/// descriptor since the last [#publish] are written last: a device waits for that one and sees none of the others
/// before it.
public final class PackedDriverQueue extends DriverQueue {
    private final MemorySegment ring;
    private final MemorySegment driverEvent;
    private final MemorySegment deviceEvent;
    private final PreparedChains chains;

    /// Place where the next chain goes, where the first unpublished one is, and where the device writes next.
    private int next;

    private int published;
    private int seen;

    /// Flags of the first unpublished descriptor.
    private short firstFlags;

    /// What the device has returned and nobody has taken yet, in a circle: the head, or the complement of an id that
    /// it may not return, and the length. Nothing is read behind such an id, as nobody knows where that would be.
    private final int[] returnedHeads;

    private final long[] returnedLengths;
    private int firstReturned;
    private int returned;
    private boolean lost;

    private PackedDriverQueue(DriverQueueOptions options, FrontendMemory memory, RingAddresses addresses) {
        super(options, addresses);
        ring = memory.slice(addresses.descriptors(), (long) size * DESCRIPTOR);
        driverEvent = memory.slice(addresses.available(), EVENT);
        deviceEvent = memory.slice(addresses.used(), EVENT);
        chains = new PreparedChains(options, new IndirectTables(options, memory));
        returnedHeads = new int[size + 1];
        returnedLengths = new long[size + 1];
        reset();
    }

    static DriverQueue create(DriverQueueOptions options, FrontendMemory memory) {
        return new PackedDriverQueue(
                options,
                memory,
                new RingAddresses(
                        memory.allocate((long) options.size() * DESCRIPTOR, DESCRIPTOR_ALIGNMENT),
                        memory.allocate(EVENT, EVENT_ALIGNMENT),
                        memory.allocate(EVENT, EVENT_ALIGNMENT)));
    }

    @Override
    public int free() {
        return chains.free();
    }

    @Override
    public int descriptors(int pieces, ChainLayout layout) {
        return chains.descriptors(pieces, layout);
    }

    @Override
    void clear() {
        ring.fill((byte) 0);
        driverEvent.fill((byte) 0);
        deviceEvent.fill((byte) 0);
        chains.clear();
        next = 0;
        published = 0;
        seen = 0;
        firstReturned = 0;
        returned = 0;
        lost = false;
    }

    @Override
    int write(Chain chain, ChainLayout layout) {
        return chains.add(chain, layout);
    }

    @Override
    void free(int head) {
        chains.remove(head);
    }

    @Override
    void makeAvailable(int head) {
        int count = chains.count(head);
        int place = next;
        for (int i = 0; i < count; i++) {
            long rest = chains.rest(head, i);
            long offset = PackedRing.offset(place, size);
            ring.set(LE64, offset, chains.address(head, i));
            if (place == published) {
                ring.set(LE32, offset + DESCRIPTOR_REST, (int) rest);
                ring.set(LE16, offset + DESCRIPTOR_ID, (short) head);
                firstFlags = (short) (rest >>> SplitRing.FLAGS_SHIFT | PackedRing.available(place, size));
            } else {
                int flags = (int) (rest >>> SplitRing.FLAGS_SHIFT) | PackedRing.available(place, size);
                ring.set(LE64, offset + DESCRIPTOR_REST, PackedRing.rest(rest, head, flags));
            }
            place = PackedRing.advance(place, 1, size);
        }
        next = place;
    }

    @Override
    public boolean publish() {
        if (!unpublished()) {
            return false;
        }
        int before = published;
        int count = PackedRing.distance(before, next, size);
        makeVisible();
        VarHandle.fullFence();
        int event = deviceEvent.get(LE32, 0);
        int flags = (event >>> EVENT_FLAGS_SHIFT) & EVENT_FLAGS_MASK;
        if (flags != EVENT_DESC || !eventIdx) {
            return flags != EVENT_DISABLE;
        }
        int place = PackedRing.decode(event & 0xffff, size);
        return place < 0 || PackedRing.distance(before, place, size) < count;
    }

    private void makeVisible() {
        VarHandle.releaseFence();
        ring.set(LE16, PackedRing.offset(published, size) + DESCRIPTOR_FLAGS, firstFlags);
        published = next;
        setPublished();
    }

    /// Notes what the device has returned next.
    ///
    /// @return whether there was something
    private boolean load() {
        if (lost || !usedAt(seen)) {
            return false;
        }
        VarHandle.acquireFence();
        long offset = PackedRing.offset(seen, size);
        int id = ring.get(LE16, offset + DESCRIPTOR_ID) & 0xffff;
        boolean written = (ring.get(LE16, offset + DESCRIPTOR_FLAGS) & F_WRITE) != 0;
        long length = written ? Integer.toUnsignedLong(ring.get(LE32, offset + DESCRIPTOR_REST)) : 0;
        if (!withDevice(id)) {
            lost = true;
            keep(~id, 0);
        } else if (order == null) {
            keepReturned(id, length);
        } else {
            loadBatch(order, id, length);
        }
        return true;
    }

    private boolean usedAt(int place) {
        int flags = ring.get(LE16, PackedRing.offset(place, size) + DESCRIPTOR_FLAGS);
        return (flags & (F_AVAIL | F_USED)) == PackedRing.used(place, size);
    }

    /// A device that uses chains in order may write one descriptor, with the id of the last chain, for several: where
    /// that of the first would be (VIRTIO 1.4, 2.8.8).
    private void loadBatch(OfferOrder oldest, int last, long length) {
        int head = oldest.remove();
        while (head != last) {
            keepReturned(head, writable(head));
            head = oldest.remove();
        }
        keepReturned(last, length);
    }

    private void keepReturned(int head, long length) {
        setReturned(head);
        seen = PackedRing.advance(seen, chains.count(head), size);
        keep(head, length);
    }

    private void keep(int head, long length) {
        int at = firstReturned + returned;
        at = at < returnedHeads.length ? at : at - returnedHeads.length;
        returnedHeads[at] = head;
        returnedLengths[at] = length;
        returned++;
    }

    private void loadAll() {
        boolean more = true;
        while (more) {
            more = load();
        }
    }

    @Override
    public int pending() {
        loadAll();
        return returned;
    }

    @Override
    public boolean nextUsed() throws BackendViolation {
        if (returned == 0 && !load()) {
            return false;
        }
        int head = returnedHeads[firstReturned];
        long length = returnedLengths[firstReturned];
        firstReturned = firstReturned + 1 < returnedHeads.length ? firstReturned + 1 : 0;
        returned--;
        if (head < 0) {
            lost = false;
            seen = PackedRing.advance(seen, 1, size);
            throw notGiven(~head);
        }
        take(head, length);
        return true;
    }

    private static BackendViolation notGiven(int id) {
        return new BackendViolation(
                "used descriptor returns buffer " + id + ", which is not that of a chain in the device's hands");
    }

    @Override
    public boolean arm() {
        int event = eventIdx
                ? EVENT_DESC << EVENT_FLAGS_SHIFT | PackedRing.encode(seen, size)
                : EVENT_ENABLE << EVENT_FLAGS_SHIFT;
        driverEvent.set(LE32, 0, event);
        VarHandle.fullFence();
        return returned > 0 || usedAt(seen);
    }

    @Override
    public void disarm() {
        driverEvent.set(LE32, 0, EVENT_DISABLE << EVENT_FLAGS_SHIFT);
    }

    /// The chains that were not used take as many descriptors as there are between what was used and what was made
    /// available, whatever their order was.
    @Override
    public int resume() throws BackendViolation {
        int base = loadBase();
        next = seen;
        published = seen;
        given().forEach(this::makeAvailable);
        if (next != seen) {
            makeVisible();
        }
        return base;
    }

    /// The place of the next used descriptor, as a base.
    private int loadBase() throws BackendViolation {
        loadAll();
        if (lost) {
            throw notGiven(~returnedHeads[(firstReturned + returned - 1) % returnedHeads.length]);
        }
        int place = PackedRing.encode(seen, size);
        return place << 16 | place;
    }

    @Override
    public int resumeRecorded() throws BackendViolation {
        int base = loadBase();
        if (unpublished()) {
            makeVisible();
        }
        return base;
    }

    @Override
    public void checkBase(int base) throws BackendViolation {
        loadAll();
        int available = PackedRing.decode(base & 0xffff, size);
        int used = PackedRing.decode(base >>> 16, size);
        int unused = PackedRing.distance(seen, published, size);
        if (lost || used != seen || available < 0 || PackedRing.distance(seen, available, size) > unused) {
            throw new BackendViolation("the ring stopped at 0x" + Integer.toHexString(base) + ", with the next used "
                    + "descriptor at 0x" + Integer.toHexString(PackedRing.encode(seen, size))
                    + " and the next available one at 0x" + Integer.toHexString(PackedRing.encode(published, size)));
        }
    }

    @Override
    public int usedFlags() {
        return deviceEvent.get(LE16, 2) & 0xffff;
    }
}
