package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.LE32;
import static org.vhostdevice.core.frontend.SplitRing.LE64;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The requests that a load keeps in flight on one queue. The descriptors and buffers of each are made once; then only
/// the sector changes.
final class BlkSlots {
    private static final int ALIGNMENT = FrontendQueue.BUFFER_ALIGNMENT;

    /// Bytes of a slot's cache line with header and status.
    private static final int CONTROL = 64;

    private static final int SECTOR = 8;
    private static final int STATUS = 32;
    private static final byte UNWRITTEN = (byte) 0xee;

    private final int blockSize;
    private final int sectors;
    private final long seed;
    private final DriverQueue ring;
    private final MemorySegment memory;
    private final long data;
    private final int[] heads;
    private final int[] slots;
    private final long[] blocks;

    /// Makes all slots and prepares their chains.
    BlkSlots(BlkWorkload workload, FrontendQueue queue, FrontendMemory memory) {
        ring = queue.ring();
        blockSize = workload.blockSize();
        sectors = blockSize / BlkDriver.SECTOR;
        seed = workload.seed();
        long address = queue.buffer(memory, bytes(workload));
        this.memory = memory.slice(address, bytes(workload));
        data = dataOffset(workload.depth());
        heads = new int[workload.depth()];
        slots = new int[ring.size()];
        blocks = new long[workload.depth()];
        var chain = new Chain();
        ChainLayout layout = ring.indirect() ? ChainLayout.INDIRECT : ChainLayout.DIRECT;
        for (int slot = 0; slot < heads.length; slot++) {
            prepare(slot, chain, layout, workload.access().write(), address);
        }
    }

    static long bytes(BlkWorkload workload) {
        return dataOffset(workload.depth()) + (long) workload.depth() * workload.blockSize();
    }

    private static long dataOffset(int depth) {
        return ((long) depth * CONTROL + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private void prepare(int slot, Chain chain, ChainLayout layout, boolean write, long address) {
        long control = (long) slot * CONTROL;
        memory.asSlice(control, CONTROL).fill((byte) 0);
        memory.set(LE32, control, write ? BlkDriver.OUT : BlkDriver.IN);
        chain.clear();
        chain.readable(address + control, BlkFraming.HEADER);
        long block = address + data + (long) slot * blockSize;
        if (write) {
            chain.readable(block, blockSize);
        } else {
            chain.writable(block, blockSize);
        }
        chain.writable(address + control + STATUS, 1);
        heads[slot] = ring.prepare(chain, layout);
        if (heads[slot] == DriverQueue.NONE) {
            release(slot);
            throw new IllegalArgumentException(
                    heads.length + " requests in flight need more than the ring's " + ring.size() + " descriptors");
        }
        slots[heads[slot]] = slot;
    }

    /// The slot of the chain that the ring took back last.
    int used() {
        return slots[ring.usedHead()];
    }

    /// Offers a slot's request for a block of the disk.
    void offer(int slot, long block) {
        long control = (long) slot * CONTROL;
        blocks[slot] = block;
        memory.set(LE64, control + SECTOR, block * sectors);
        memory.set(ValueLayout.JAVA_BYTE, control + STATUS, UNWRITTEN);
        ring.offer(heads[slot]);
    }

    /// The block that a slot was offered for.
    long block(int slot) {
        return blocks[slot];
    }

    /// The status that the device wrote, `0..255`.
    int status(int slot) throws BackendViolation {
        byte status = memory.get(ValueLayout.JAVA_BYTE, (long) slot * CONTROL + STATUS);
        if (status == UNWRITTEN) {
            throw new BackendViolation("the device did not write the status of a request");
        }
        return Byte.toUnsignedInt(status);
    }

    /// Fills a slot's data with what belongs to a block.
    void fill(int slot, long block) {
        long from = data + (long) slot * blockSize;
        for (int i = 0; i < blockSize; i += Long.BYTES) {
            memory.set(LE64, from + i, content(block, i));
        }
    }

    /// Checks that a slot's data is what belongs to its block.
    void verify(int slot) throws BackendViolation {
        long from = data + (long) slot * blockSize;
        for (int i = 0; i < blockSize; i += Long.BYTES) {
            if (memory.get(LE64, from + i) != content(blocks[slot], i)) {
                throw new BackendViolation("wrong data read at byte " + (blocks[slot] * blockSize + i));
            }
        }
    }

    private long content(long block, int offset) {
        return ((block * blockSize + offset) ^ seed) * 0x9e37_79b9_7f4a_7c15L;
    }

    /// Frees the chains of all slots.
    void release() {
        release(heads.length);
    }

    private void release(int count) {
        for (int slot = 0; slot < count; slot++) {
            ring.release(heads[slot]);
        }
    }
}
