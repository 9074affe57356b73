package org.vhostdevice.cli.recovery;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.vhostdevice.core.frontend.Chain;
import org.vhostdevice.core.frontend.ChainLayout;
import org.vhostdevice.core.frontend.DriverQueue;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendQueue;

/// Writes random blocks of a disk, many at a time but each block by one request at a time, and knows which write of
/// each block was acknowledged last.
final class WriteLoad {
    static final int DEPTH = 32;
    private static final long LIMIT = TimeUnit.SECONDS.toNanos(30);
    private static final int CONTROL = 64;
    private static final int STATUS = 32;
    private static final byte UNANSWERED = (byte) 0xee;

    private final Frontend frontend;
    private final FrontendQueue queue;
    private final RandomGenerator random;
    private final Journal journal;
    private final int[] blockOf = new int[DEPTH];
    private final int[] slotOf;
    private final int[] heads = new int[DEPTH];
    private final MemorySegment[] control = new MemorySegment[DEPTH];
    private final MemorySegment[] data = new MemorySegment[DEPTH];
    private final int[] issued;
    private final int[] acknowledged;
    private final boolean[] busy;
    private long answers;

    /// Told of each write.
    interface Journal {
        /// A write is about to be made available.
        void issued(int block, int version) throws IOException;

        /// A write was answered.
        void acknowledged(int block, int version) throws IOException;
    }

    /// Takes no notice.
    static final class Unnoted implements Journal {
        @Override
        public void issued(int block, int version) {}

        @Override
        public void acknowledged(int block, int version) {}
    }

    /// A load on the first queue.
    WriteLoad(Frontend frontend, int blocks, RandomGenerator random, Journal journal) {
        this.frontend = frontend;
        this.queue = frontend.queues().getFirst();
        this.random = random;
        this.journal = journal;
        issued = new int[blocks];
        acknowledged = new int[blocks];
        busy = new boolean[blocks];
        slotOf = new int[queue.ring().size()];
        for (int slot = 0; slot < DEPTH; slot++) {
            prepare(slot);
        }
    }

    private void prepare(int slot) {
        long header = frontend.memory().allocate(CONTROL, CONTROL);
        long block = frontend.memory().allocate(Block.BYTES, Block.BYTES);
        control[slot] = frontend.memory().slice(header, CONTROL);
        data[slot] = frontend.memory().slice(block, Block.BYTES);
        control[slot].set(ValueLayout.JAVA_INT, 0, 1); // VIRTIO_BLK_T_OUT
        var chain = new Chain();
        chain.readable(header, 16);
        chain.readable(block, Block.BYTES);
        chain.writable(header + STATUS, 1);
        ChainLayout layout = slot % 2 == 0 && queue.ring().indirect() ? ChainLayout.INDIRECT : ChainLayout.DIRECT;
        heads[slot] = queue.ring().prepare(chain, layout);
        if (heads[slot] == DriverQueue.NONE) {
            throw new IllegalStateException("no room for " + DEPTH + " requests");
        }
        slotOf[heads[slot]] = slot;
    }

    /// Blocks that earlier loads have written.
    void continueFrom(int block, int version) {
        issued[block] = version;
        acknowledged[block] = version;
    }

    /// Makes the first requests.
    void begin() throws IOException {
        for (int slot = 0; slot < DEPTH; slot++) {
            issue(slot);
        }
        queue.submit();
    }

    /// Waits for answers, and makes a new request for each.
    ///
    /// @throws IOException if the back end is gone
    void goOn() throws IOException {
        takeAnswers(true);
    }

    /// Waits until all requests are answered.
    void finish() throws IOException {
        while (queue.ring().outstanding() > 0) {
            takeAnswers(false);
        }
    }

    private void takeAnswers(boolean more) throws IOException {
        if (!queue.awaitUsed(LIMIT)) {
            throw new AssertionError(queue.ring().outstanding() + " requests are lost");
        }
        while (queue.ring().nextUsed()) {
            int slot = slotOf[queue.ring().usedHead()];
            byte status = control[slot].get(ValueLayout.JAVA_BYTE, STATUS);
            if (status != 0) {
                throw new AssertionError("a request was answered twice, or with an error: status " + status);
            }
            answers++;
            int block = blockOf[slot];
            acknowledged[block] = issued[block];
            busy[block] = false;
            journal.acknowledged(block, issued[block]);
            if (more) {
                issue(slot);
            }
        }
        queue.submit();
    }

    private void issue(int slot) throws IOException {
        int block = random.nextInt(busy.length);
        while (busy[block]) {
            block = random.nextInt(busy.length);
        }
        busy[block] = true;
        blockOf[slot] = block;
        journal.issued(block, ++issued[block]);
        Block.fill(data[slot], block, issued[block]);
        control[slot].set(ValueLayout.JAVA_LONG, 8, (long) block * Block.SECTORS);
        control[slot].set(ValueLayout.JAVA_BYTE, STATUS, UNANSWERED);
        queue.ring().offer(heads[slot]);
    }

    /// How many requests were answered.
    long answers() {
        return answers;
    }

    /// Checks a disk after [#finish]: each block is as it was written last.
    void verify(MemorySegment disk) {
        for (int block = 0; block < issued.length; block++) {
            MemorySegment found = disk.asSlice((long) block * Block.BYTES, Block.BYTES);
            int version = Block.version(found, block);
            if (version != acknowledged[block] || version != issued[block]) {
                throw new AssertionError("block " + block + " holds write " + version + " of " + issued[block]
                        + ", acknowledged up to " + acknowledged[block]);
            }
        }
    }
}
