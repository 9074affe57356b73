package org.vhostdevice.core.frontend;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The device's side of a packed virtqueue (VIRTIO 1.4, 2.8).
final class PackedRingDevice extends RingDevice {
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int WRAP = 1 << 15;

    /// Descriptors of each chain taken, by buffer id.
    private final Map<Integer, Integer> lengths = new HashMap<>();

    private int nextAvailable;
    private boolean availableWrap = true;
    private int nextUsed;
    private boolean usedWrap = true;
    private boolean interruptWanted;

    PackedRingDevice(Memory memory, RingAddresses at, int size, boolean eventIdx) {
        super(memory, at, size, eventIdx);
    }

    @Override
    void base(int place) {
        nextAvailable = place & WRAP - 1;
        availableWrap = (place & WRAP) != 0;
        nextUsed = place >>> 16 & WRAP - 1;
        usedWrap = (place >>> 16 & WRAP) != 0;
    }

    @Override
    int base() {
        return place(nextUsed, usedWrap) << 16 | place(nextAvailable, availableWrap);
    }

    static int place(int index, boolean wrap) {
        return index | (wrap ? WRAP : 0);
    }

    MemorySegment descriptor(int index) {
        return memory.slice(at.descriptors() + 16L * index, 16);
    }

    /// Flags of the descriptor at an index.
    int flags(int index) {
        return Short.toUnsignedInt(descriptor(index).get(U16, 14));
    }

    void setEvent(int flags, int place) {
        MemorySegment event = memory.slice(at.used(), 4);
        event.set(U16, 0, (short) place);
        event.set(U16, 2, (short) flags);
    }

    int driverEventFlags() {
        return memory.slice(at.available(), 4).get(U16, 2);
    }

    int driverEventPlace() {
        return Short.toUnsignedInt(memory.slice(at.available(), 4).get(U16, 0));
    }

    @Override
    void silence(boolean silent) {
        setEvent(silent ? 1 : 0, 0);
    }

    @Override
    boolean askForKick() {
        setEvent(eventIdx ? 2 : 0, place(nextAvailable, availableWrap));
        VarHandle.fullFence();
        return available();
    }

    private boolean available() {
        int flags = flags(nextAvailable);
        return ((flags & AVAIL) != 0) == availableWrap && ((flags & USED) != 0) != availableWrap;
    }

    @Override
    Optional<Request> next() {
        if (!available()) {
            return Optional.empty();
        }
        VarHandle.acquireFence();
        List<Piece> pieces = new ArrayList<>();
        int count = 0;
        int flags = 1;
        int id = 0;
        while ((flags & 1) != 0) {
            MemorySegment descriptor = descriptor(nextAvailable);
            if (!available()) {
                throw new IllegalStateException("a chain goes on in a descriptor that is not available");
            }
            flags = descriptor.get(U16, 14);
            id = Short.toUnsignedInt(descriptor.get(U16, 12));
            collect(descriptor, flags, pieces);
            if ((flags & 4) != 0 && (count > 0 || (flags & 1) != 0)) {
                throw new IllegalStateException("an indirect descriptor in a chain of several");
            }
            count++;
            nextAvailable++;
            if (nextAvailable == size) {
                nextAvailable = 0;
                availableWrap = !availableWrap;
            }
        }
        lengths.put(id, count);
        return Optional.of(new Request(id, pieces));
    }

    private void collect(MemorySegment descriptor, int flags, List<Piece> pieces) {
        long address = descriptor.get(U64, 0);
        long length = Integer.toUnsignedLong(descriptor.get(U32, 8));
        if ((flags & 4) == 0) {
            pieces.add(new Piece(address, length, (flags & 2) != 0));
            return;
        }
        for (long entry = 0; entry < length; entry += 16) {
            MemorySegment indirect = memory.slice(address + entry, 16);
            int entryFlags = indirect.get(U16, 14);
            if ((entryFlags & ~2) != 0) {
                throw new IllegalStateException("flags " + entryFlags + " in an indirect table");
            }
            collect(indirect, entryFlags, pieces);
        }
    }

    @Override
    void use(int head, long length) {
        use(head, length, lengths.getOrDefault(head, 1));
    }

    @Override
    void useBatch(List<Request> chains, long length) {
        int descriptors =
                chains.stream().mapToInt(chain -> lengths.get(chain.head())).sum();
        use(chains.getLast().head(), length, descriptors);
    }

    private void use(int id, long length, int descriptors) {
        int event = driverEventPlace();
        int ahead = (event & WRAP - 1) - nextUsed + ((event & WRAP) != 0 == usedWrap ? 0 : size);
        MemorySegment descriptor = descriptor(nextUsed);
        descriptor.set(U32, 8, (int) length);
        descriptor.set(U16, 12, (short) id);
        VarHandle.releaseFence();
        descriptor.set(U16, 14, (short) ((usedWrap ? AVAIL | USED : 0) | (length != 0 ? 2 : 0)));
        nextUsed += descriptors;
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
        }
        VarHandle.fullFence();
        interruptWanted = switch (driverEventFlags()) {
            case 0 -> true;
            case 2 -> ahead >= 0 && ahead < descriptors;
            default -> false;
        };
    }

    @Override
    boolean interruptWanted() {
        return interruptWanted;
    }
}
