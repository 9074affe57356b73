package org.vhostdevice.core.check;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.frontend.FrontendMemory;
import org.vhostdevice.core.frontend.RingAddresses;

/// A split virtqueue (VIRTIO 1.4, 2.7).
final class SplitCheckRing implements CheckRing {
    private static final int INDEX = 2;
    private static final int RING = 4;
    private static final int AVAIL_ENTRY = 2;
    private static final int USED_ENTRY = 8;

    private final int size;
    private final boolean eventIdx;
    private final RingAddresses addresses;
    private final MemorySegment table;
    private final MemorySegment available;
    private final MemorySegment used;
    private int free;
    private int written;
    private int published;
    private int before;
    private int taken;

    SplitCheckRing(int size, boolean eventIdx, FrontendMemory memory) {
        this.size = size;
        this.eventIdx = eventIdx;
        int availBytes = RING + AVAIL_ENTRY * size + AVAIL_ENTRY;
        int usedBytes = RING + USED_ENTRY * size + AVAIL_ENTRY;
        addresses = new RingAddresses(
                memory.allocate((long) DESCRIPTOR * size, DESCRIPTOR),
                memory.allocate(availBytes, AVAIL_ENTRY),
                memory.allocate(usedBytes, RING));
        table = memory.slice(addresses.descriptors(), (long) DESCRIPTOR * size);
        available = memory.slice(addresses.available(), availBytes);
        used = memory.slice(addresses.used(), usedBytes);
        used.asSlice(RING, (long) USED_ENTRY * size).fill((byte) UNWRITTEN);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public RingAddresses addresses() {
        return addresses;
    }

    @Override
    public int base() {
        return taken;
    }

    @Override
    public void resume(int base) {
        written = base & 0xffff;
        published = written;
        taken = written;
        available.set(Le.U16, INDEX, (short) written);
        used.set(Le.U16, INDEX, (short) written);
        callAfter(0);
    }

    @Override
    public int add(List<Descriptor> chain) {
        int head = free;
        for (int i = 0; i < chain.size(); i++) {
            int at = free;
            free = (free + 1) % size;
            boolean more = i + 1 < chain.size();
            put(at, chain.get(i), more ? Bits.NEXT : 0, more ? free : 0);
        }
        makeAvailable(head);
        return head;
    }

    /// Writes one descriptor as it is.
    ///
    /// @param more flags besides the descriptor's own
    void put(int at, Descriptor descriptor, int more, int next) {
        put(table, at, descriptor, more, next);
    }

    private static void put(MemorySegment table, int at, Descriptor descriptor, int more, int next) {
        long offset = (long) DESCRIPTOR * at;
        table.set(Le.U64, offset, descriptor.address());
        table.set(Le.U32, offset + 8, (int) descriptor.length());
        table.set(Le.U16, offset + 12, (short) (descriptor.flags() | more));
        table.set(Le.U16, offset + 14, (short) next);
    }

    /// Adds any number to the available ring.
    void makeAvailable(int head) {
        available.set(Le.U16, RING + (long) AVAIL_ENTRY * (written % size), (short) head);
        written = (written + 1) & 0xffff;
    }

    /// Says that so many chains more are available than were written.
    void overstate(int more) {
        written = (written + more) & 0xffff;
    }

    @Override
    public void table(MemorySegment at, List<Descriptor> chain) {
        for (int i = 0; i < chain.size(); i++) {
            boolean more = i + 1 < chain.size();
            put(at, i, chain.get(i), more ? Bits.NEXT : 0, more ? i + 1 : 0);
        }
    }

    @Override
    public void publish() {
        VarHandle.releaseFence();
        available.set(Le.U16, INDEX, (short) written);
        before = published;
        published = written;
        VarHandle.fullFence();
    }

    @Override
    public boolean kickWanted() {
        if (!eventIdx) {
            return (used.get(Le.U16, 0) & 1) == 0;
        }
        int event = used.get(Le.U16, RING + (long) USED_ENTRY * size);
        return ((published - event - 1) & 0xffff) < ((published - before) & 0xffff);
    }

    @Override
    public boolean hasNext() {
        return usedIndex() != taken;
    }

    /// The device's index.
    int usedIndex() {
        return Short.toUnsignedInt(used.get(Le.U16, INDEX));
    }

    @Override
    public Optional<Used> next() {
        if (!hasNext()) {
            return Optional.empty();
        }
        VarHandle.acquireFence();
        long at = entry();
        while (used.get(Le.U32, at) == UNWRITTEN && usedIndex() != ((taken + 1) & 0xffff)) {
            // With IN_ORDER a device may write the last entry of a batch only.
            taken = (taken + 1) & 0xffff;
            at = entry();
        }
        taken = (taken + 1) & 0xffff;
        return Optional.of(new Used(used.get(Le.U32, at), Integer.toUnsignedLong(used.get(Le.U32, at + 4))));
    }

    private long entry() {
        return RING + (long) USED_ENTRY * (taken % size);
    }

    @Override
    public void silenceByFlag(boolean silent) {
        available.set(Le.U16, 0, (short) (silent ? 1 : 0));
        VarHandle.fullFence();
    }

    @Override
    public void callAfter(int after) {
        event(taken + after);
    }

    /// Writes any number to `used_event`.
    void event(int index) {
        available.set(Le.U16, RING + (long) AVAIL_ENTRY * size, (short) index);
        VarHandle.fullFence();
    }

    @Override
    public int deviceFlags() {
        return Short.toUnsignedInt(used.get(Le.U16, 0));
    }

    @Override
    public byte[] descriptors() {
        return table.toArray(JAVA_BYTE);
    }
}
