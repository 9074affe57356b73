package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.InflightLayout.INFLIGHT;
import static org.vhostdevice.core.virtqueue.InflightLayout.LAST_BATCH_HEAD;
import static org.vhostdevice.core.virtqueue.InflightLayout.SPLIT_COUNTER;
import static org.vhostdevice.core.virtqueue.InflightLayout.SPLIT_NEXT;
import static org.vhostdevice.core.virtqueue.InflightLayout.U16;
import static org.vhostdevice.core.virtqueue.InflightLayout.U64;
import static org.vhostdevice.core.virtqueue.InflightLayout.U8;
import static org.vhostdevice.core.virtqueue.InflightLayout.USED_IDX;
import static org.vhostdevice.core.virtqueue.InflightLayout.splitEntry;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// The record of a split ring's chains in flight, in memory that outlives this process.
///
/// The process may be killed between any two instructions, and another one goes on from what the memory holds then. So
/// each step is separated from the next by a fence, and the order is that of the specification. Nothing is read back
/// while the ring runs.
final class SplitInflight {
    private final InflightArea area;
    private final MemorySegment memory;
    private final int size;
    private final boolean[] recorded; // by head: taken, and not yet seen used by the driver
    private final int[] batch; // heads given back since the used index was written last
    private int batched;
    private int lastBatchHead;
    private long counter;

    /// @param size of the ring
    SplitInflight(InflightArea area, int size) {
        this.area = area;
        this.memory = area.memory();
        this.size = size;
        this.recorded = new boolean[size];
        this.batch = new int[size];
    }

    /// Goes on from the record that another process left, or begins a new one.
    ///
    /// @param usedIndex the index that the driver sees
    /// @return the heads in flight, in the order in which they were taken; null if a new record was begun
    int @Nullable [] resume(int usedIndex) {
        int[] heads = area.isRecordFor(size) && settleLastBatch(usedIndex) ? recordedHeads() : null;
        if (heads == null) {
            area.clear();
            memory.set(U16, USED_IDX, (short) usedIndex);
            area.commit();
        }
        return heads;
    }

    /// Finishes what the last batch was cut off in.
    ///
    /// @return false if the record cannot be of this ring
    private boolean settleLastBatch(int usedIndex) {
        int count = RingIndex.distance(SharedReads.u16(memory, U16, USED_IDX), usedIndex);
        if (count > size) {
            return false;
        }
        int head = SharedReads.u16(memory, U16, LAST_BATCH_HEAD);
        for (int i = 0; i < count; i++) {
            if (head >= size) {
                return false;
            }
            memory.set(U8, splitEntry(head) + INFLIGHT, (byte) 0);
            head = SharedReads.u16(memory, U16, splitEntry(head) + SPLIT_NEXT);
        }
        VarHandle.storeStoreFence();
        memory.set(U16, USED_IDX, (short) usedIndex);
        lastBatchHead = SharedReads.u16(memory, U16, LAST_BATCH_HEAD);
        return true;
    }

    private int[] recordedHeads() {
        var order = new InflightOrder(size);
        for (int head = 0; head < size; head++) {
            if (memory.get(U8, splitEntry(head) + INFLIGHT) == 1) {
                recorded[head] = true;
                order.add(head, memory.get(U64, splitEntry(head) + SPLIT_COUNTER));
            }
        }
        counter = order.nextCounter();
        return order.sorted();
    }

    /// Records a chain before the device learns of it.
    ///
    /// @throws BrokenQueueException if the driver has not seen yet that the device gave an earlier one back
    void begin(int head) throws BrokenQueueException {
        if (recorded[head]) {
            throw new BrokenQueueException("chain " + head + " made available before it was used");
        }
        recorded[head] = true;
        long entry = splitEntry(head);
        memory.set(U64, entry + SPLIT_COUNTER, counter++);
        VarHandle.storeStoreFence();
        memory.set(U8, entry + INFLIGHT, (byte) 1);
        VarHandle.storeStoreFence();
    }

    /// Adds a chain to the batch that the driver will see used at once.
    void giveBack(int head) {
        memory.set(U16, splitEntry(head) + SPLIT_NEXT, (short) lastBatchHead);
        VarHandle.storeStoreFence();
        memory.set(U16, LAST_BATCH_HEAD, (short) head);
        lastBatchHead = head;
        batch[batched++] = head;
    }

    /// Ends the batch, after the driver sees it.
    ///
    /// @param usedIndex the index that it sees
    void settle(int usedIndex) {
        VarHandle.storeStoreFence();
        for (int i = 0; i < batched; i++) {
            memory.set(U8, splitEntry(batch[i]) + INFLIGHT, (byte) 0);
            recorded[batch[i]] = false;
        }
        batched = 0;
        VarHandle.storeStoreFence();
        memory.set(U16, USED_IDX, (short) usedIndex);
        VarHandle.storeStoreFence();
    }
}
