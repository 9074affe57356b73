package org.vhostdevice.core.check;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.protocol.Message.VringAddress;

/// A packed ring (VIRTIO 1.4, 2.8).
final class FakePackedRing extends FakeRing {
    private static final int LENGTH = 8;
    private static final int ID = 12;
    private static final int FLAGS = 14;
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int WRAP = 1 << 15;

    private final int size;
    private final MemorySegment ring;
    private final MemorySegment events;

    /// Indices with the wrap counter in bit 15.
    private int taken;

    private int given;

    FakePackedRing(FakeMemory memory, int size, VringAddress at, int base) {
        super(memory, FLAGS);
        this.size = size;
        ring = memory.frontend(at.descriptors(), 16L * size);
        events = memory.frontend(at.used(), 4);
        taken = base & 0xffff;
        given = base >>> 16;
    }

    private MemorySegment descriptor(int place) {
        return ring.asSlice(16L * (place & ~WRAP), 16);
    }

    private int plus(int place, int count) {
        int sum = (place & ~WRAP) + count;
        return sum < size ? place + count : (sum - size) | (~place & WRAP);
    }

    private boolean isAvailable() {
        int flags = descriptor(taken).get(Le.U16, FLAGS);
        boolean avail = (flags & AVAIL) != 0;
        return avail == ((taken & WRAP) != 0) && avail != ((flags & USED) != 0);
    }

    @Override
    List<Taken> takeAll() {
        List<Taken> all = new ArrayList<>();
        while (isAvailable()) {
            VarHandle.acquireFence();
            var walk = new Walk();
            int first = taken;
            int count = 1;
            while ((walk.take(descriptor(taken)) & (Bits.NEXT | Bits.INDIRECT)) == Bits.NEXT) {
                taken = plus(first, count++);
            }
            all.add(walk.end(descriptor(taken).get(Le.U16, ID), count));
            taken = plus(first, count);
        }
        return all;
    }

    @Override
    void use(Taken chain, long length) {
        MemorySegment at = descriptor(given);
        at.set(Le.U16, ID, (short) chain.id());
        at.set(Le.U32, LENGTH, (int) length);
        VarHandle.releaseFence();
        at.set(Le.U16, FLAGS, (short) ((given & WRAP) != 0 ? AVAIL | USED : 0));
        VarHandle.fullFence();
        given = plus(given, chain.descriptors());
    }

    @Override
    int base() {
        return taken | given << 16;
    }

    @Override
    void flags(int flags) {
        events.set(Le.U16, 2, (short) flags);
    }

    @Override
    void spoilTable(Taken chain) {
        // The descriptors of a packed ring are there to be written.
    }
}
