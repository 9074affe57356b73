package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.AVAIL_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.AVAIL_ENTRY;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.ENTRIES;
import static org.vhostdevice.core.frontend.SplitRing.FLAGS;
import static org.vhostdevice.core.frontend.SplitRing.IDX;
import static org.vhostdevice.core.frontend.SplitRing.LE16;
import static org.vhostdevice.core.frontend.SplitRing.LE32;
import static org.vhostdevice.core.frontend.SplitRing.SILENT;
import static org.vhostdevice.core.frontend.SplitRing.USED_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.USED_ENTRY;
import static org.vhostdevice.core.frontend.SplitRing.USED_LENGTH;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/// The driver's side of a split virtqueue (VIRTIO 1.4, 2.7).
public final class SplitDriverQueue extends DriverQueue {
    private final int mask;
    private final MemorySegment available;
    private final MemorySegment used;
    private final SplitDescriptors descriptors;

    private short published;
    private short next;
    private short taken;
    private short seen;

    /// With IN_ORDER, the chains of the present batch that are to be taken, and the length of its last one.
    private int batch;

    private long batchLength;

    private SplitDriverQueue(DriverQueueOptions options, FrontendMemory memory, RingAddresses addresses) {
        super(options, addresses);
        mask = size - 1;
        available = memory.slice(addresses.available(), SplitRing.usedEvent(size) + AVAIL_ENTRY);
        used = memory.slice(addresses.used(), SplitRing.availEvent(size) + AVAIL_ENTRY);
        MemorySegment table = memory.slice(addresses.descriptors(), (long) size * DESCRIPTOR);
        var indirect = new IndirectTables(options, memory);
        descriptors = options.inOrder()
                ? new OrderedDescriptors(table, options, indirect)
                : new DescriptorTable(table, indirect);
        reset();
    }

    static DriverQueue create(DriverQueueOptions options, FrontendMemory memory) {
        int size = options.size();
        return new SplitDriverQueue(
                options,
                memory,
                new RingAddresses(
                        memory.allocate((long) size * DESCRIPTOR, DESCRIPTOR_ALIGNMENT),
                        memory.allocate(SplitRing.usedEvent(size) + AVAIL_ENTRY, AVAIL_ALIGNMENT),
                        memory.allocate(SplitRing.availEvent(size) + AVAIL_ENTRY, USED_ALIGNMENT)));
    }

    @Override
    public int free() {
        return descriptors.free();
    }

    @Override
    public int descriptors(int pieces, ChainLayout layout) {
        return layout.descriptors(pieces);
    }

    @Override
    void clear() {
        available.fill((byte) 0);
        used.fill((byte) 0);
        descriptors.clear();
        published = 0;
        next = 0;
        taken = 0;
        seen = 0;
        batch = 0;
    }

    @Override
    int write(Chain chain, ChainLayout layout) {
        return descriptors.write(chain, layout);
    }

    @Override
    void free(int head) {
        descriptors.release(head);
    }

    @Override
    void makeAvailable(int head) {
        enter(descriptors.place(head));
    }

    private void enter(int descriptor) {
        available.set(LE16, ENTRIES + (long) AVAIL_ENTRY * (next & mask), (short) descriptor);
        next++;
    }

    @Override
    public boolean publish() {
        short before = published;
        short after = next;
        if (before == after) {
            return false;
        }
        makeVisible();
        VarHandle.fullFence();
        if (!eventIdx) {
            return (used.get(LE16, FLAGS) & SILENT) == 0;
        }
        short event = used.get(LE16, SplitRing.availEvent(size));
        return distance((short) (event + 1), after) < distance(before, after);
    }

    private void makeVisible() {
        VarHandle.releaseFence();
        available.set(LE16, IDX, next);
        published = next;
        setPublished();
    }

    @Override
    public int pending() throws BackendViolation {
        loadUsedIndex();
        return distance(taken, seen);
    }

    @Override
    public boolean nextUsed() throws BackendViolation {
        if (taken == seen) {
            loadUsedIndex();
        }
        if (taken == seen) {
            return false;
        }
        if (order != null) {
            takeInOrder(order);
            return true;
        }
        long offset = usedEntry(taken);
        int head = used.get(LE32, offset);
        long length = Integer.toUnsignedLong(used.get(LE32, offset + USED_LENGTH));
        taken++;
        if (!withDevice(head)) {
            throw notGiven(head);
        }
        take(head, length);
        return true;
    }

    /// A device that uses chains in order may write one entry, with the last chain, for several: where the entry of
    /// the first would be, with the index moved on by all of them (VIRTIO 1.4, 2.7.9).
    private void takeInOrder(OfferOrder oldest) throws BackendViolation {
        if (batch == 0) {
            long offset = usedEntry(taken);
            int descriptor = used.get(LE32, offset);
            batchLength = Integer.toUnsignedLong(used.get(LE32, offset + USED_LENGTH));
            int last = descriptors.owner(descriptor);
            int entries = distance(taken, seen);
            if (!withDevice(last)) {
                taken++;
                throw notGiven(descriptor);
            }
            batch = batch(oldest, last);
            if (batch > entries) {
                taken++;
                int chains = batch;
                batch = 0;
                throw new BackendViolation("used ring returns descriptor " + descriptor + ", the last of " + chains
                        + " chains in the device's hands, by " + entries + " entries, although in order");
            }
        }
        batch--;
        taken++;
        int head = oldest.remove();
        take(head, batch == 0 ? batchLength : writable(head));
    }

    private static BackendViolation notGiven(int descriptor) {
        return new BackendViolation("used ring returns descriptor " + Integer.toUnsignedString(descriptor)
                + ", which is not the head of a chain in the device's hands");
    }

    /// How many entries lie between two indices.
    private static int distance(short from, short to) {
        return (to - from) & 0xffff;
    }

    private long usedEntry(short index) {
        return ENTRIES + (long) USED_ENTRY * (index & mask);
    }

    private void loadUsedIndex() throws BackendViolation {
        short index = used.get(LE16, IDX);
        VarHandle.acquireFence();
        int fresh = distance(taken, index);
        int given = distance(taken, published);
        if (fresh > given) {
            throw new BackendViolation("used index is " + (index & 0xffff) + " after " + (taken & 0xffff) + " with "
                    + given + " chains in the device's hands");
        }
        seen = index;
    }

    @Override
    public boolean arm() {
        if (eventIdx) {
            available.set(LE16, SplitRing.usedEvent(size), taken);
        } else {
            available.set(LE16, FLAGS, (short) 0);
        }
        VarHandle.fullFence();
        return used.get(LE16, IDX) != taken;
    }

    @Override
    public void disarm() {
        if (eventIdx) {
            available.set(LE16, SplitRing.usedEvent(size), (short) (taken - 1));
        } else {
            available.set(LE16, FLAGS, (short) SILENT);
        }
    }

    @Override
    public int resume() throws BackendViolation {
        loadUsedIndex();
        if (order == null) { // else the ring is in order already
            boolean[] back = new boolean[size];
            for (short i = taken; i != seen; i++) {
                int head = used.get(LE32, usedEntry(i));
                if (head >= 0 && head < size) {
                    back[head] = true;
                }
            }
            next = seen;
            given().filter(head -> !back[head]).forEach(this::enter);
        }
        makeVisible();
        return seen & 0xffff;
    }

    @Override
    public int resumeRecorded() throws BackendViolation {
        loadUsedIndex();
        makeVisible();
        return seen & 0xffff;
    }

    @Override
    public void checkBase(int base) throws BackendViolation {
        loadUsedIndex();
        int unused = distance(seen, published);
        if (base < 0 || base > 0xffff || distance(seen, (short) base) > unused) {
            throw new BackendViolation("the ring stopped at " + Integer.toUnsignedString(base) + ", with used index "
                    + (seen & 0xffff) + " and available index " + (published & 0xffff));
        }
    }

    @Override
    public int usedFlags() {
        return used.get(LE16, FLAGS) & 0xffff;
    }
}
