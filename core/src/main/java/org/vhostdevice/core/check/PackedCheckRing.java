package org.vhostdevice.core.check;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.frontend.FrontendMemory;
import org.vhostdevice.core.frontend.RingAddresses;

/// A packed virtqueue (VIRTIO 1.4, 2.8).
final class PackedCheckRing implements CheckRing {
    /// Values of the flags of an event structure.
    static final int EVENTS_OFF = 1;

    static final int EVENTS_BY_DESCRIPTOR = 2;

    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int LENGTH_AT = 8;
    private static final int ID_AT = 12;
    private static final int FLAGS_AT = 14;
    private static final int EVENT_BYTES = 4;
    private static final int WRAP = 1 << 15;
    private static final int HALF = 16;

    private final int size;
    private final boolean inOrder;
    private final RingAddresses addresses;
    private final MemorySegment ring;
    private final MemorySegment driverEvents;
    private final MemorySegment deviceEvents;

    /// How many descriptors the chain with an id has.
    private final int[] lengths;

    private final List<Runnable> heads = new ArrayList<>();
    private int nextId;
    private int oldest;
    private Position available;
    private Position used;

    /// A descriptor and the wrap counter there.
    private record Position(int index, boolean wrap) {
        Position plus(int count, int size) {
            int sum = index + count;
            return sum < size ? new Position(sum, wrap) : new Position(sum - size, !wrap);
        }

        int number() {
            return index | (wrap ? WRAP : 0);
        }
    }

    PackedCheckRing(int size, boolean inOrder, FrontendMemory memory) {
        this.size = size;
        this.inOrder = inOrder;
        lengths = new int[size];
        addresses = new RingAddresses(
                memory.allocate((long) DESCRIPTOR * size, DESCRIPTOR),
                memory.allocate(EVENT_BYTES, EVENT_BYTES),
                memory.allocate(EVENT_BYTES, EVENT_BYTES));
        ring = memory.slice(addresses.descriptors(), (long) DESCRIPTOR * size);
        driverEvents = memory.slice(addresses.available(), EVENT_BYTES);
        deviceEvents = memory.slice(addresses.used(), EVENT_BYTES);
        available = new Position(0, true);
        used = available;
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
        return used.number() | used.number() << HALF;
    }

    @Override
    public void resume(int base) {
        available = new Position(base & ~WRAP & 0xffff, (base & WRAP) != 0);
        used = available;
        for (int i = 0; i < size; i++) {
            // Used in this turn, or in the turn before.
            boolean bits = i < used.index() == used.wrap();
            ring.set(Le.U16, (long) DESCRIPTOR * i + FLAGS_AT, (short) (bits ? AVAIL | USED : 0));
        }
    }

    @Override
    public int add(List<Descriptor> chain) {
        int id = nextId;
        nextId = (nextId + 1) % size;
        lengths[id] = chain.size();
        for (int i = 0; i < chain.size(); i++) {
            int more = i + 1 < chain.size() ? Bits.NEXT : 0;
            put(chain.get(i), more, id, i == 0);
        }
        return id;
    }

    /// Writes the next descriptor; the flags of the first one of a chain only when it is published.
    private void put(Descriptor descriptor, int more, int id, boolean head) {
        long offset = (long) DESCRIPTOR * available.index();
        ring.set(Le.U64, offset, descriptor.address());
        ring.set(Le.U32, offset + LENGTH_AT, (int) descriptor.length());
        ring.set(Le.U16, offset + ID_AT, (short) id);
        short flags = (short) (descriptor.flags() | more | (available.wrap() ? AVAIL : USED));
        if (head) {
            heads.add(() -> ring.set(Le.U16, offset + FLAGS_AT, flags));
        } else {
            ring.set(Le.U16, offset + FLAGS_AT, flags);
        }
        available = available.plus(1, size);
    }

    @Override
    public void table(MemorySegment at, List<Descriptor> chain) {
        for (int i = 0; i < chain.size(); i++) {
            Descriptor descriptor = chain.get(i);
            long offset = (long) DESCRIPTOR * i;
            at.set(Le.U64, offset, descriptor.address());
            at.set(Le.U32, offset + LENGTH_AT, (int) descriptor.length());
            at.set(Le.U16, offset + ID_AT, (short) 0);
            at.set(Le.U16, offset + FLAGS_AT, (short) descriptor.flags());
        }
    }

    @Override
    public void publish() {
        VarHandle.releaseFence();
        for (Runnable head : heads.reversed()) {
            head.run();
            VarHandle.releaseFence();
        }
        heads.clear();
        VarHandle.fullFence();
    }

    @Override
    public boolean kickWanted() {
        return deviceFlags() != EVENTS_OFF;
    }

    @Override
    public boolean hasNext() {
        int flags = ring.get(Le.U16, (long) DESCRIPTOR * used.index() + FLAGS_AT);
        boolean isAvailable = (flags & AVAIL) != 0;
        boolean isUsed = (flags & USED) != 0;
        return isAvailable == isUsed && isUsed == used.wrap();
    }

    @Override
    public Optional<Used> next() {
        if (!hasNext()) {
            return Optional.empty();
        }
        VarHandle.acquireFence();
        long offset = (long) DESCRIPTOR * used.index();
        int id = Short.toUnsignedInt(ring.get(Le.U16, offset + ID_AT));
        long length = Integer.toUnsignedLong(ring.get(Le.U32, offset + LENGTH_AT));
        used = used.plus(id < size ? passed(id) : 1, size);
        return Optional.of(new Used(id, length));
    }

    /// The descriptors of a chain that was used, with IN_ORDER also of those before it that were used with it.
    private int passed(int id) {
        int sum = lengths[id];
        for (int other = oldest; inOrder && other != id; other = (other + 1) % size) {
            sum += lengths[other];
        }
        oldest = (id + 1) % size;
        return Math.max(1, sum);
    }

    @Override
    public void silenceByFlag(boolean silent) {
        driverEvents.set(Le.U16, 2, (short) (silent ? EVENTS_OFF : 0));
        VarHandle.fullFence();
    }

    /// Chains of one descriptor are meant.
    @Override
    public void callAfter(int after) {
        Position event = used.plus(after, size);
        driverEvents.set(Le.U16, 0, (short) event.number());
        driverEvents.set(Le.U16, 2, (short) EVENTS_BY_DESCRIPTOR);
        VarHandle.fullFence();
    }

    @Override
    public int deviceFlags() {
        return Short.toUnsignedInt(deviceEvents.get(Le.U16, 2)) & 3;
    }

    @Override
    public byte[] descriptors() {
        return ring.toArray(JAVA_BYTE);
    }
}
