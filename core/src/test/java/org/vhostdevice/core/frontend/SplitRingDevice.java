package org.vhostdevice.core.frontend;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The device's side of a split virtqueue (VIRTIO 1.4, 2.7).
final class SplitRingDevice extends RingDevice {
    private int nextAvailable;
    private int nextUsed;
    private boolean interruptWanted;

    SplitRingDevice(Memory memory, RingAddresses at, int size, boolean eventIdx) {
        super(memory, at, size, eventIdx);
    }

    @Override
    void base(int index) {
        nextAvailable = index;
        nextUsed = index;
    }

    @Override
    int base() {
        return nextAvailable;
    }

    @Override
    void silence(boolean silent) {
        setUsedFlags(silent ? 1 : 0);
    }

    int availableIndex() {
        return Short.toUnsignedInt(memory.slice(at.available() + 2, 2).get(U16, 0));
    }

    /// The head that stands at an index of the available ring.
    int available(int index) {
        return Short.toUnsignedInt(
                memory.slice(at.available() + 4 + 2L * (index % size), 2).get(U16, 0));
    }

    boolean interruptsWanted() {
        return memory.slice(at.available(), 2).get(U16, 0) == 0;
    }

    int usedEvent() {
        return Short.toUnsignedInt(
                memory.slice(at.available() + 4 + 2L * size, 2).get(U16, 0));
    }

    void setUsedFlags(int flags) {
        memory.slice(at.used(), 2).set(U16, 0, (short) flags);
    }

    void setAvailEvent(int index) {
        memory.slice(at.used() + 4 + 8L * size, 2).set(U16, 0, (short) index);
    }

    void setUsedIndex(int index) {
        memory.slice(at.used() + 2, 2).set(U16, 0, (short) index);
    }

    @Override
    boolean askForKick() {
        setAvailEvent(nextAvailable);
        VarHandle.fullFence();
        return nextAvailable != availableIndex();
    }

    @Override
    Optional<Request> next() {
        if (nextAvailable == availableIndex()) {
            return Optional.empty();
        }
        int head = available(nextAvailable);
        nextAvailable = nextAvailable + 1 & 0xffff;
        List<Piece> pieces = new ArrayList<>();
        walk(at.descriptors(), head, pieces);
        return Optional.of(new Request(head, pieces));
    }

    private void walk(long table, int first, List<Piece> pieces) {
        int index = first;
        boolean more = true;
        while (more) {
            MemorySegment descriptor = memory.slice(table + 16L * index, 16);
            long address = descriptor.get(U64, 0);
            long length = Integer.toUnsignedLong(descriptor.get(U32, 8));
            int flags = descriptor.get(U16, 12);
            if ((flags & 4) != 0) {
                walk(address, 0, pieces);
            } else {
                pieces.add(new Piece(address, length, (flags & 2) != 0));
            }
            more = (flags & 1) != 0;
            index = descriptor.get(U16, 14);
        }
    }

    @Override
    void use(int head, long length) {
        use(head, length, 1);
    }

    @Override
    void useBatch(List<Request> chains, long length) {
        use(chains.getLast().head(), length, chains.size());
    }

    private void use(int head, long length, int chains) {
        MemorySegment entry = memory.slice(at.used() + 4 + 8L * (nextUsed % size), 8);
        entry.set(U32, 0, head);
        entry.set(U32, 4, (int) length);
        int old = nextUsed;
        nextUsed = nextUsed + chains & 0xffff;
        setUsedIndex(nextUsed);
        VarHandle.fullFence();
        interruptWanted = eventIdx ? (usedEvent() - old & 0xffff) < chains : interruptsWanted();
    }

    @Override
    boolean interruptWanted() {
        return interruptWanted;
    }
}
