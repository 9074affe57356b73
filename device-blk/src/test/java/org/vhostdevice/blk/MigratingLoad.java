package org.vhostdevice.blk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.BlkDriver;
import org.vhostdevice.core.frontend.Chain;
import org.vhostdevice.core.frontend.ChainLayout;
import org.vhostdevice.core.frontend.DriverQueue;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendQueue;
import org.vhostdevice.core.frontend.MigrationLog;
import org.vhostdevice.core.frontend.RingAddresses;
import org.vhostdevice.core.testkit.Background;

/// A guest that keeps one queue of a block device busy and checks every byte. It can be halted as a guest's processors
/// are, with its requests in flight, and logs the pages that it writes itself, as a hypervisor does for it.
///
/// Each slot has blocks of its own, so that what a block holds is known at any time.
final class MigratingLoad {
    static final int BLOCK = 4096;
    static final int SLOTS = 8;

    /// Blocks of each slot.
    static final int BLOCKS = 16;

    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int HEADER = 16;
    private static final byte UNWRITTEN = (byte) 0xee;

    private final Frontend frontend;
    private final FrontendQueue queue;
    private final DriverQueue ring;
    private final Slot[] slots = new Slot[SLOTS];
    private final Map<Integer, Slot> byHead = new HashMap<>();
    private final Chain chain = new Chain();
    private final RandomGenerator random;

    /// Held while the guest runs; whoever else holds it has halted it.
    private final ReentrantLock running = new ReentrantLock(true);

    private @Nullable MigrationLog log;
    private boolean ending;
    private final AtomicLong completed = new AtomicLong();

    private final class Slot {
        final long firstBlock;
        final long control;
        final long output;
        final long input; // never written by the guest
        final int[] versions = new int[BLOCKS];
        int block;
        boolean write;

        Slot(long firstBlock, int region) {
            this.firstBlock = firstBlock;
            control = frontend.memory().allocateIn(region, BLOCK, BLOCK);
            output = frontend.memory().allocateIn(region, BLOCK, BLOCK);
            input = frontend.memory().allocateIn(region, BLOCK, BLOCK);
        }

        long status() {
            return control + BLOCK / 2;
        }

        MemorySegment data() {
            return frontend.memory().slice(write ? output : input, BLOCK);
        }
    }

    /// @param queue index of the queue, which also chooses the blocks
    MigratingLoad(Frontend frontend, int queue, RandomGenerator random) {
        this.frontend = frontend;
        this.queue = frontend.queues().get(queue);
        this.ring = this.queue.ring();
        this.random = random;
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot((long) (queue * SLOTS + i) * BLOCKS, i % 2);
        }
    }

    /// Starts, with all slots in flight.
    CompletableFuture<?> start() {
        return Background.run(this::run);
    }

    /// Halts the guest.
    void halt() {
        running.lock();
    }

    /// Halts the guest as soon as something is true.
    ///
    /// @param condition of the number of requests that were done and have not come back
    void haltWhen(IntPredicate condition) throws BackendViolation {
        halt();
        while (!condition.test(used())) {
            resume();
            Thread.onSpinWait();
            halt();
        }
    }

    /// Requests that were done and have not come back. The guest is halted.
    int used() throws BackendViolation {
        return ring.pending();
    }

    /// Lets the guest, which is halted, log what it writes from now on; null for no longer.
    void logTo(@Nullable MigrationLog newLog) {
        log = newLog;
    }

    /// Lets the guest, which is halted, send no more requests and end when all have come back.
    void end() {
        ending = true;
    }

    /// Lets the guest go on that is halted.
    void resume() {
        running.unlock();
    }

    /// Requests that have come back.
    long completed() {
        return completed.get();
    }

    /// Requests in flight. The guest is halted, or has ended.
    int outstanding() {
        return ring.outstanding();
    }

    /// What the disk holds at a byte of this load's blocks, at rest.
    long content(long block, int at) {
        Slot slot = slots[(int) (block / BLOCKS % SLOTS)];
        return content(block, slot.versions[(int) (block % BLOCKS)], at);
    }

    /// Eight bytes that depend on place and version; a disk of zeroes has version 0.
    private static long content(long block, int version, int at) {
        return version == 0 ? 0 : (block << 32 | (long) version << 16 | at) * 0x9e37_79b9_7f4a_7c15L;
    }

    private void run() throws IOException {
        running.lock();
        try {
            ring.disarm();
            for (Slot slot : slots) {
                send(slot);
            }
            submit();
        } finally {
            running.unlock();
        }
        while (step()) {
            Thread.onSpinWait();
        }
    }

    private boolean step() throws IOException {
        running.lock();
        try {
            boolean sent = false;
            while (ring.nextUsed()) {
                Slot slot = byHead.remove(ring.usedHead());
                if (slot == null) {
                    throw new AssertionError("head " + ring.usedHead() + " comes back twice");
                }
                check(slot);
                completed.incrementAndGet();
                if (!ending) {
                    send(slot);
                    sent = true;
                }
            }
            if (sent) {
                submit();
            }
            return ring.outstanding() > 0;
        } finally {
            running.unlock();
        }
    }

    private void send(Slot slot) {
        slot.block = random.nextInt(BLOCKS);
        slot.write = random.nextBoolean();
        MemorySegment control = frontend.memory().slice(slot.control, HEADER);
        control.set(LE32, 0, slot.write ? BlkDriver.OUT : BlkDriver.IN);
        control.set(LE32, 4, 0);
        control.set(LE64, 8, (slot.firstBlock + slot.block) * (BLOCK / BlkDriver.SECTOR));
        frontend.memory().slice(slot.status(), 1).set(ValueLayout.JAVA_BYTE, 0, UNWRITTEN);
        written(slot.control, BLOCK);
        chain.clear();
        chain.readable(slot.control, HEADER);
        if (slot.write) {
            slot.versions[slot.block]++;
            fill(slot);
            chain.readable(slot.output, BLOCK);
        } else {
            chain.writable(slot.input, BLOCK);
        }
        chain.writable(slot.status(), 1);
        int head = ring.add(chain, ChainLayout.DIRECT);
        if (head == DriverQueue.NONE || byHead.put(head, slot) != null) {
            throw new AssertionError("no room for a request");
        }
    }

    private void submit() {
        queue.submit();
        RingAddresses at = ring.addresses();
        written(at.descriptors(), 16L * ring.size());
        written(at.available(), 6 + 2L * ring.size());
    }

    private void fill(Slot slot) {
        MemorySegment data = slot.data();
        for (int at = 0; at < BLOCK; at += Long.BYTES) {
            data.set(LE64, at, content(slot.firstBlock + slot.block, slot.versions[slot.block], at));
        }
        written(slot.output, BLOCK);
    }

    private void check(Slot slot) {
        int status = frontend.memory().slice(slot.status(), 1).get(ValueLayout.JAVA_BYTE, 0);
        if (status != BlkDriver.STATUS_OK) {
            throw new AssertionError("status " + status);
        }
        MemorySegment data = slot.data();
        for (int at = 0; at < BLOCK; at += Long.BYTES) {
            if (data.get(LE64, at) != content(slot.firstBlock + slot.block, slot.versions[slot.block], at)) {
                throw new AssertionError("wrong data at byte " + at + " of block " + (slot.firstBlock + slot.block));
            }
        }
    }

    private void written(long address, long bytes) {
        if (log != null) {
            log.mark(address, bytes);
        }
    }
}
