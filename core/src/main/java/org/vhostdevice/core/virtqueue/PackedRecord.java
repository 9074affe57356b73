package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.InflightLayout.INFLIGHT;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_ADDR;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_COUNTER;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_FLAGS;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_ID;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_LAST;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_LEN;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_NEXT;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_NUM;
import static org.vhostdevice.core.virtqueue.InflightLayout.U16;
import static org.vhostdevice.core.virtqueue.InflightLayout.U32;
import static org.vhostdevice.core.virtqueue.InflightLayout.U64;
import static org.vhostdevice.core.virtqueue.InflightLayout.U8;
import static org.vhostdevice.core.virtqueue.InflightLayout.packedEntry;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a process left behind in the record of a packed ring: the chains in flight, each with the entries that hold
/// its descriptors. A copy, checked; only the descriptors themselves are still in the memory.
final class PackedRecord {
    private static final class Recorded {
        final int id;
        final int[] entries;

        Recorded(int id, int[] entries) {
            this.id = id;
            this.entries = entries;
        }
    }

    private final MemorySegment memory;
    private final int count;
    private final int size;
    private final BitSet held = new BitSet();
    private final BitSet ids = new BitSet();
    private final List<Recorded> chains = new ArrayList<>();
    private long nextCounter;
    private int descriptors;

    private PackedRecord(MemorySegment memory, int count, int size) {
        this.memory = memory;
        this.count = count;
        this.size = size;
    }

    /// Reads a record whose free list begins with an entry, and whose last batch is settled.
    ///
    /// @param count its entries
    /// @param size of the ring
    /// @return the record; null if it is not one that a back end can have written
    static @Nullable PackedRecord read(MemorySegment memory, int count, int size, int freeHead) {
        var record = new PackedRecord(memory, count, size);
        record.clearFree(freeHead);
        return record.collect() ? record : null;
    }

    /// Marks all free entries as not in flight. The list may have been cut off while it was made anew.
    private void clearFree(int freeHead) {
        var seen = new BitSet();
        for (int entry = freeHead; entry < count && !seen.get(entry); ) {
            seen.set(entry);
            memory.set(U8, packedEntry(entry) + INFLIGHT, (byte) 0);
            entry = u16(entry, PACKED_NEXT);
        }
        VarHandle.storeStoreFence();
    }

    private boolean collect() {
        var order = new InflightOrder(size);
        List<Recorded> found = new ArrayList<>();
        for (int entry = 0; entry < count; entry++) {
            if (memory.get(U8, packedEntry(entry) + INFLIGHT) == 1) {
                int[] entries = chain(entry);
                int id = entries.length == 0 ? size : u16(entries[entries.length - 1], PACKED_ID);
                if (id >= size || ids.get(id)) {
                    return false;
                }
                ids.set(id);
                order.add(found.size(), memory.get(U64, packedEntry(entry) + PACKED_COUNTER));
                found.add(new Recorded(id, entries));
            }
        }
        nextCounter = order.nextCounter();
        for (int index : order.sorted()) {
            chains.add(found.get(index));
        }
        return true;
    }

    /// The entries of a chain; none if they are malformed.
    private int[] chain(int head) {
        int length = u16(head, PACKED_NUM);
        if (length < 1 || length > size - descriptors) {
            return new int[0];
        }
        int[] entries = new int[length];
        int entry = head;
        for (int i = 0; i < length; i++) {
            if (entry >= count || held.get(entry)) {
                return new int[0];
            }
            held.set(entry);
            entries[i] = entry;
            entry = u16(entry, PACKED_NEXT);
        }
        descriptors += length;
        return entries[length - 1] == u16(head, PACKED_LAST) ? entries : new int[0];
    }

    private int u16(int entry, int field) {
        return SharedReads.u16(memory, U16, packedEntry(entry) + field);
    }

    /// Chains in flight.
    int chains() {
        return chains.size();
    }

    /// The id of a chain, less than the ring's size.
    ///
    /// @param index counted from the one that was taken first
    int id(int index) {
        return chains.get(index).id;
    }

    /// The entries that hold the descriptors of a chain, at least one.
    int[] entries(int index) {
        return chains.get(index).entries;
    }

    /// The address in a copied descriptor, which the front end may have changed, as it may the other two fields.
    long address(int entry) {
        return memory.get(U64, packedEntry(entry) + PACKED_ADDR);
    }

    /// The length in a copied descriptor.
    long length(int entry) {
        return Integer.toUnsignedLong(SharedReads.s32(memory, U32, packedEntry(entry) + PACKED_LEN));
    }

    /// The flags in a copied descriptor.
    int flags(int entry) {
        return SharedReads.u16(memory, U16, packedEntry(entry) + PACKED_FLAGS);
    }

    /// Whether an entry holds a descriptor of a chain.
    boolean holds(int entry) {
        return held.get(entry);
    }

    /// Descriptors of all chains, at most the ring's size.
    int descriptors() {
        return descriptors;
    }

    /// A counter that comes after those of all chains.
    long nextCounter() {
        return nextCounter;
    }
}
