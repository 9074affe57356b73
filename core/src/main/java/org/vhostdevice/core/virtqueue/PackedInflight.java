package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.InflightLayout.FREE_HEADS;
import static org.vhostdevice.core.virtqueue.InflightLayout.INFLIGHT;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_ADDR;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_COUNTER;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_FLAGS;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_FREE_HEAD;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_ID;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_LAST;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_LEN;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_NEXT;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_NUM;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_OLD_FREE_HEAD;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_OLD_USED_IDX;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_OLD_USED_WRAP;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_USED_IDX;
import static org.vhostdevice.core.virtqueue.InflightLayout.PACKED_USED_WRAP;
import static org.vhostdevice.core.virtqueue.InflightLayout.U16;
import static org.vhostdevice.core.virtqueue.InflightLayout.U32;
import static org.vhostdevice.core.virtqueue.InflightLayout.U64;
import static org.vhostdevice.core.virtqueue.InflightLayout.U8;
import static org.vhostdevice.core.virtqueue.InflightLayout.USED_POSITIONS;
import static org.vhostdevice.core.virtqueue.InflightLayout.packedEntry;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// The record of a packed ring's chains in flight, in memory that outlives this process. It has a copy of their
/// descriptors, since the ring does not keep them.
///
/// The process may be killed between any two instructions, and another one goes on from what the memory holds then. So
/// each step is separated from the next by a fence. Numbers that are valid together only are written by one store.
/// Lists are kept here and only ever written to the memory, where the front end may change them at will.
///
/// Against the order of the specification, which leaves no room for a chain taken between two that are given back
/// together, entries return to the free list when the batch is published.
final class PackedInflight {
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    /// Ends a list, like every number that is no entry's.
    private static final int NONE = 0xffff;

    private final InflightArea area;
    private final MemorySegment memory;
    private final int size;
    private final int[] next; // by entry: the next of the free list, or of a chain
    private final int[] last; // by first entry of a chain
    private final int[] first; // by id of a chain in flight: its first entry
    private final int[] batch; // first entries of chains given back since the last publication
    private int batched;
    private int entries; // that are in use
    private int freeHead;
    private int used; // position as the record has it
    private long counter;

    // The chain that is being taken.
    private int cursor;
    private int tail;
    private int length;

    /// @param size of the ring
    PackedInflight(InflightArea area, int size) {
        this.area = area;
        this.memory = area.memory();
        this.size = size;
        this.next = new int[area.entries()];
        this.last = new int[area.entries()];
        this.first = new int[size];
        this.batch = new int[size];
    }

    /// The position of the first descriptor that the last process may have given back without recording it, or
    /// negative if there is no record that this ring may go on from.
    int unsettledPosition() {
        return area.isRecordFor(size) ? position(PACKED_OLD_USED_IDX, PACKED_OLD_USED_WRAP) : -1;
    }

    /// Goes on from the record that another process left, of which [#unsettledPosition] gave a position.
    ///
    /// @param seen whether the driver sees the descriptor at that position used
    /// @return the chains in flight in the order in which they were taken; null if the record is not sound
    @Nullable
    PackedRecord resume(boolean seen) {
        int old = position(PACKED_OLD_USED_IDX, PACKED_OLD_USED_WRAP);
        int newer = position(PACKED_USED_IDX, PACKED_USED_WRAP);
        if (old < 0 || newer < 0) {
            return null;
        }
        boolean batchSeen = seen && old != newer;
        used = batchSeen ? newer : old;
        freeHead = SharedReads.u16(memory, U16, batchSeen ? PACKED_FREE_HEAD : PACKED_OLD_FREE_HEAD);
        writeFreeHeads(freeHead, freeHead);
        writeUsed(used, used);
        entries = area.recordedEntries();
        PackedRecord record = PackedRecord.read(memory, entries, size, freeHead);
        if (record != null) {
            adopt(record);
        }
        return record;
    }

    private void adopt(PackedRecord record) {
        counter = record.nextCounter();
        for (int i = 0; i < record.chains(); i++) {
            int[] chain = record.entries(i);
            first[record.id(i)] = chain[0];
            last[chain[0]] = chain[chain.length - 1];
            for (int k = 1; k < chain.length; k++) {
                next[chain[k - 1]] = chain[k];
            }
        }
        link(record);
    }

    /// Makes a list of all entries that no chain has: some may have been lost to it.
    private void link(PackedRecord record) {
        int after = NONE;
        for (int entry = entries - 1; entry >= 0; entry--) {
            if (!record.holds(entry)) {
                setNext(entry, after);
                after = entry;
            }
        }
        VarHandle.storeStoreFence();
        freeHead = after;
        writeFreeHeads(after, after);
    }

    /// Begins a new record.
    ///
    /// @param position where the next used descriptor is written
    void start(int position) {
        area.clear();
        entries = area.entries();
        used = position;
        freeHead = 0;
        for (int entry = 0; entry < entries; entry++) {
            setNext(entry, entry + 1 < entries ? entry + 1 : NONE);
        }
        writeFreeHeads(freeHead, freeHead);
        writeUsed(used, used);
        area.commit();
    }

    /// Where the next used descriptor is written, after [#resume].
    int used() {
        return used;
    }

    /// Begins to record a chain. Nothing counts until [#commit].
    void begin() {
        cursor = freeHead;
        length = 0;
    }

    /// Copies a descriptor of the ring.
    ///
    /// @param half its second half, as [RingLayout#length] describes it
    void add(long address, long half) {
        long entry = packedEntry(cursor);
        memory.set(U64, entry + PACKED_ADDR, address);
        memory.set(U32, entry + PACKED_LEN, (int) half);
        memory.set(U16, entry + PACKED_FLAGS, (short) PackedRingLayout.flags(half));
        memory.set(U16, entry + PACKED_ID, (short) PackedRingLayout.id(half));
        tail = cursor;
        cursor = next[cursor];
        length++;
    }

    /// Records the chain, before the device learns of it.
    ///
    /// @param id free
    void commit(int id) {
        int head = freeHead;
        first[id] = head;
        last[head] = tail;
        long entry = packedEntry(head);
        memory.set(U16, entry + PACKED_LAST, (short) tail);
        memory.set(U16, entry + PACKED_NUM, (short) length);
        memory.set(U64, entry + PACKED_COUNTER, counter++);
        memory.set(U8, entry + INFLIGHT, (byte) 1);
        VarHandle.storeStoreFence();
        freeHead = cursor;
        writeFreeHeads(cursor, cursor);
    }

    /// Adds a chain to the batch that the driver will see used at once.
    void giveBack(int id) {
        batch[batched++] = first[id];
    }

    /// Says what will hold once the driver sees the batch.
    ///
    /// @param position where the used descriptors end
    void prepare(int position) {
        int old = freeHead;
        for (int i = 0; i < batched; i++) {
            setNext(last[batch[i]], freeHead);
            freeHead = batch[i];
        }
        VarHandle.storeStoreFence();
        writeFreeHeads(freeHead, old);
        writeUsed(position, used);
        used = position;
    }

    /// Ends the batch, after the driver sees it.
    void settle() {
        VarHandle.storeStoreFence();
        for (int i = 0; i < batched; i++) {
            memory.set(U8, packedEntry(batch[i]) + INFLIGHT, (byte) 0);
        }
        batched = 0;
        VarHandle.storeStoreFence();
        writeFreeHeads(freeHead, freeHead);
        writeUsed(used, used);
    }

    private void setNext(int entry, int to) {
        next[entry] = to;
        memory.set(U16, packedEntry(entry) + PACKED_NEXT, (short) to);
    }

    private int position(int indexAt, int wrapAt) {
        int index = SharedReads.u16(memory, U16, indexAt);
        if (index >= size) {
            return -1;
        }
        return memory.get(U8, wrapAt) != 0 ? index : index + size;
    }

    private void writeFreeHeads(int now, int old) {
        memory.set(U32, FREE_HEADS, LITTLE ? now | old << 16 : now << 16 | old);
        VarHandle.storeStoreFence();
    }

    private void writeUsed(int now, int old) {
        long nowIndex = PackedPosition.index(now, size);
        long oldIndex = PackedPosition.index(old, size);
        long nowWrap = now < size ? 1 : 0;
        long oldWrap = old < size ? 1 : 0;
        long word = LITTLE
                ? nowIndex | oldIndex << 16 | nowWrap << 32 | oldWrap << 40
                : nowIndex << 48 | oldIndex << 32 | nowWrap << 24 | oldWrap << 16;
        memory.set(U64, USED_POSITIONS, word);
        VarHandle.storeStoreFence();
    }
}
