package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.LE32;
import static org.vhostdevice.core.frontend.SplitRing.LE64;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// The requests that a load keeps in flight on one queue. The descriptors and buffers of each are made once; then only
/// the sector changes.
final class BlkSlots {
    private static final int ALIGNMENT = FrontendQueue.BUFFER_ALIGNMENT;

    /// Bytes of a slot's cache line with a header to read, one to write, and the status.
    private static final int CONTROL = 64;

    private static final int READ_HEADER = 0;
    private static final int WRITE_HEADER = 16;
    private static final int SECTOR = 8;
    private static final int STATUS = 32;
    private static final byte UNWRITTEN = (byte) 0xee;

    private final int blockSize;
    private final int sectors;
    private final long seed;
    private final DriverQueue ring;
    private final MemorySegment memory;
    private final long data;
    private final int[] readHeads;
    private final int[] writeHeads;
    private final int[] slots;
    private final long[] blocks;
    private final boolean[] writes;

    /// Makes all slots and prepares their chains.
    BlkSlots(BlkWorkload workload, FrontendQueue queue, FrontendMemory memory) {
        ring = queue.ring();
        blockSize = workload.blockSize();
        sectors = blockSize / BlkDriver.SECTOR;
        seed = workload.seed();
        long address = queue.buffer(memory, bytes(workload));
        this.memory = memory.slice(address, bytes(workload));
        data = dataOffset(workload.depth());
        int depth = workload.depth();
        readHeads = new int[depth];
        writeHeads = new int[depth];
        Arrays.fill(readHeads, DriverQueue.NONE);
        Arrays.fill(writeHeads, DriverQueue.NONE);
        slots = new int[ring.size()];
        blocks = new long[depth];
        writes = new boolean[depth];
        var chain = new Chain();
        for (int slot = 0; slot < depth; slot++) {
            this.memory.asSlice((long) slot * CONTROL, CONTROL).fill((byte) 0);
            if (workload.access().write()) {
                writeHeads[slot] = prepare(slot, chain, true, address);
            }
            if (workload.access().mixed() || !workload.access().write()) {
                readHeads[slot] = prepare(slot, chain, false, address);
            }
        }
    }

    static long bytes(BlkWorkload workload) {
        return dataOffset(workload.depth()) + (long) workload.depth() * workload.blockSize();
    }

    private static long dataOffset(int depth) {
        return ((long) depth * CONTROL + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private int prepare(int slot, Chain chain, boolean write, long address) {
        long control = (long) slot * CONTROL;
        long header = control + (write ? WRITE_HEADER : READ_HEADER);
        memory.set(LE32, header, write ? BlkDriver.OUT : BlkDriver.IN);
        chain.clear();
        chain.readable(address + header, BlkFraming.HEADER);
        long block = address + data + (long) slot * blockSize;
        if (write) {
            chain.readable(block, blockSize);
        } else {
            chain.writable(block, blockSize);
        }
        chain.writable(address + control + STATUS, 1);
        int head = ring.prepare(chain, ring.indirect() ? ChainLayout.INDIRECT : ChainLayout.DIRECT);
        if (head == DriverQueue.NONE) {
            release();
            throw new IllegalArgumentException(
                    blocks.length + " requests in flight need more than the ring's " + ring.size() + " descriptors");
        }
        slots[head] = slot;
        return head;
    }

    /// The slot of the chain that the ring took back last.
    int used() {
        return slots[ring.usedHead()];
    }

    /// Offers a slot's request for a block of the disk.
    void offer(int slot, long block, boolean write) {
        long control = (long) slot * CONTROL;
        blocks[slot] = block;
        writes[slot] = write;
        memory.set(LE64, control + (write ? WRITE_HEADER : READ_HEADER) + SECTOR, block * sectors);
        memory.set(ValueLayout.JAVA_BYTE, control + STATUS, UNWRITTEN);
        ring.offer(write ? writeHeads[slot] : readHeads[slot]);
    }

    /// Whether a slot was offered for writing.
    boolean write(int slot) {
        return writes[slot];
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
        release(readHeads);
        release(writeHeads);
    }

    private void release(int[] heads) {
        for (int head : heads) {
            if (head != DriverQueue.NONE) {
                ring.release(head);
            }
        }
    }
}
