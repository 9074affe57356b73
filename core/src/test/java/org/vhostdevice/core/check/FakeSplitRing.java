package org.vhostdevice.core.check;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.protocol.Message.VringAddress;

/// A split ring (VIRTIO 1.4, 2.7).
final class FakeSplitRing extends FakeRing {
    private static final int FLAGS = 12;
    private static final int NEXT = 14;

    private final int size;
    private final MemorySegment table;
    private final MemorySegment available;
    private final MemorySegment used;
    private int taken;
    private int given;

    FakeSplitRing(FakeMemory memory, int size, VringAddress at, int base) {
        super(memory, FLAGS);
        this.size = size;
        table = memory.frontend(at.descriptors(), 16L * size);
        available = memory.frontend(at.available(), 6 + 2L * size);
        used = memory.frontend(at.used(), 6 + 8L * size);
        taken = base & 0xffff;
        given = taken;
    }

    @Override
    List<Taken> takeAll() {
        List<Taken> all = new ArrayList<>();
        int end = Short.toUnsignedInt(available.get(Le.U16, 2));
        VarHandle.acquireFence();
        while (taken != end) {
            int head = available.get(Le.U16, 4 + 2L * (taken % size));
            var walk = new Walk();
            int at = head;
            MemorySegment descriptor = table.asSlice(16L * at, 16);
            while ((walk.take(descriptor) & (Bits.NEXT | Bits.INDIRECT)) == Bits.NEXT) {
                at = descriptor.get(Le.U16, NEXT);
                descriptor = table.asSlice(16L * at, 16);
            }
            all.add(walk.end(head, 1));
            taken = (taken + 1) & 0xffff;
        }
        return all;
    }

    @Override
    void use(Taken chain, long length) {
        long at = 4 + 8L * (given % size);
        used.set(Le.U32, at, chain.id());
        used.set(Le.U32, at + 4, (int) length);
        given = (given + 1) & 0xffff;
        VarHandle.releaseFence();
        used.set(Le.U16, 2, (short) given);
        VarHandle.fullFence();
    }

    @Override
    int base() {
        return taken;
    }

    @Override
    void flags(int flags) {
        used.set(Le.U16, 0, (short) flags);
    }

    @Override
    void spoilTable(Taken chain) {
        table.set(Le.U64, 16L * chain.id(), 0);
    }
}
