package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// A queue with buffers that are made once and offered again and again. Each is a slot, with a part that the device
/// reads, a part that it writes, or both. One thread.
public final class SlotQueue {
    /// Returned where there is no slot.
    public static final int NONE = -1;

    /// Looks at an idle ring before the descriptors are looked at.
    private static final int SPINS = 10_000;

    private static final int ALIGNMENT = FrontendQueue.BUFFER_ALIGNMENT;

    private final FrontendQueue queue;
    private final DriverQueue ring;
    private final Plan plan;
    private final long timeoutNanos;
    private final long address;
    private final MemorySegment[] readable;
    private final MemorySegment[] writable;
    private final long[] readableBytes;
    private final long[] writableBytes;
    private final int[] heads;
    private final int[] slots;
    private final int[] idle;
    private final int[] place;
    private final Chain chain = new Chain();
    private int idleCount;

    /// The slots of a queue.
    ///
    /// @param slots    how many
    /// @param readable most bytes that the device reads of a slot
    /// @param writable most bytes that the device writes to a slot
    public record Plan(int slots, int readable, int writable) {
        /// Checks the numbers.
        public Plan {
            if (slots < 1 || readable < 0 || writable < 0) {
                throw new IllegalArgumentException(slots + " slots of " + readable + " and " + writable + " bytes");
            }
        }

        /// {@return the bytes of guest memory that they take}
        public long bytes() {
            return slots * stride() + ALIGNMENT;
        }

        private long stride() {
            return roundUp(readable) + roundUp(writable);
        }

        private static long roundUp(long bytes) {
            return (bytes + Long.SIZE - 1) & -Long.SIZE;
        }
    }

    /// Makes the slots, all idle; the memory is allocated for good.
    ///
    /// @param frontend whose memory is used
    /// @param index    of the queue
    /// @param plan     the slots
    /// @throws IllegalStateException    if the front end's memory has no room
    /// @throws IllegalArgumentException if there is no such queue
    public SlotQueue(Frontend frontend, int index, Plan plan) {
        if (index >= frontend.queues().size()) {
            throw new IllegalArgumentException("there is no queue " + index);
        }
        this.plan = plan;
        queue = frontend.queues().get(index);
        ring = queue.ring();
        timeoutNanos = frontend.options().link().timeout().toNanos();
        address = frontend.memory().allocate(plan.slots() * plan.stride(), ALIGNMENT);
        readable = new MemorySegment[plan.slots()];
        writable = new MemorySegment[plan.slots()];
        readableBytes = new long[plan.slots()];
        writableBytes = new long[plan.slots()];
        heads = new int[plan.slots()];
        slots = new int[ring.size()];
        idle = new int[plan.slots()];
        place = new int[plan.slots()];
        for (int slot = 0; slot < plan.slots(); slot++) {
            readable[slot] = frontend.memory().slice(readableAddress(slot), plan.readable());
            writable[slot] = frontend.memory().slice(writableAddress(slot), plan.writable());
            heads[slot] = NONE;
            addIdle(slot);
        }
    }

    private void addIdle(int slot) {
        place[slot] = idleCount;
        idle[idleCount] = slot;
        idleCount++;
    }

    private void removeIdle(int slot) {
        idleCount--;
        int last = idle[idleCount];
        idle[place[slot]] = last;
        place[last] = place[slot];
        place[slot] = NONE;
    }

    /// {@return the ring with its descriptors}
    public FrontendQueue queue() {
        return queue;
    }

    /// {@return the number of slots}
    public int slots() {
        return plan.slots();
    }

    /// {@return a slot that the device does not have, to be filled and offered; [#NONE] if it has all}
    public int idle() {
        return idleCount == 0 ? NONE : idle[idleCount - 1];
    }

    /// {@return the slots that the device has}
    public int offered() {
        return plan.slots() - idleCount;
    }

    /// {@return the guest address of what the device reads}
    ///
    /// @param slot its number
    public long readableAddress(int slot) {
        return address + slot * plan.stride();
    }

    /// {@return the guest address of what the device writes}
    ///
    /// @param slot its number
    public long writableAddress(int slot) {
        return readableAddress(slot) + Plan.roundUp(plan.readable());
    }

    /// {@return all that the device can read of a slot}
    ///
    /// @param slot its number
    public MemorySegment readable(int slot) {
        return readable[slot];
    }

    /// {@return all that the device can write to a slot}
    ///
    /// @param slot its number
    public MemorySegment writable(int slot) {
        return writable[slot];
    }

    /// Offers the first bytes of an idle slot to the device with the next [#submit].
    ///
    /// @param slot  its number
    /// @param read  bytes that the device reads
    /// @param write bytes that the device writes
    /// @throws IllegalArgumentException if the ring has no room, or the slot is smaller
    public void offer(int slot, long read, long write) {
        if (place[slot] == NONE || read > plan.readable() || write > plan.writable() || read + write == 0) {
            throw new IllegalArgumentException("slot " + slot + " with " + read + " and " + write + " bytes");
        }
        if (heads[slot] == NONE || readableBytes[slot] != read || writableBytes[slot] != write) {
            prepare(slot, read, write);
        }
        removeIdle(slot);
        ring.offer(heads[slot]);
    }

    private void prepare(int slot, long read, long write) {
        if (heads[slot] != NONE) {
            ring.release(heads[slot]);
        }
        chain.clear();
        if (read > 0) {
            chain.readable(readableAddress(slot), read);
        }
        if (write > 0) {
            chain.writable(writableAddress(slot), write);
        }
        heads[slot] =
                ring.prepare(chain, chain.count() > 1 && ring.indirect() ? ChainLayout.INDIRECT : ChainLayout.DIRECT);
        if (heads[slot] == DriverQueue.NONE) {
            heads[slot] = NONE;
            throw new IllegalArgumentException(
                    plan.slots() + " slots need more than the ring's " + ring.size() + " descriptors");
        }
        slots[heads[slot]] = slot;
        readableBytes[slot] = read;
        writableBytes[slot] = write;
    }

    /// Makes all offered slots visible to the device.
    public void submit() {
        queue.submit();
    }

    /// Takes the next slot that the device has used, which is idle then; [#usedLength] tells about it.
    ///
    /// @return the slot, or [#NONE] if there is none
    /// @throws BackendViolation if the used ring cannot be
    public int take() throws BackendViolation {
        if (!ring.nextUsed()) {
            return NONE;
        }
        int slot = slots[ring.usedHead()];
        addIdle(slot);
        return slot;
    }

    /// Takes the next slot that the device has used, and waits for it.
    ///
    /// @param timeoutNanos how long to wait
    /// @return the slot, or [#NONE] if the time is over
    /// @throws IOException if the back end is gone, gave the ring up or broke its rules
    public int take(long timeoutNanos) throws IOException {
        int slot = take();
        if (slot == NONE && queue.awaitUsed(timeoutNanos)) {
            slot = take();
        }
        return slot;
    }

    /// Takes the next slot that the device has used, and looks for it all the time; from time to time also whether the
    /// back end is there at all.
    ///
    /// @param timeoutNanos how long to look
    /// @return the slot, or [#NONE] if the time is over
    /// @throws IOException as [#take(long)]
    public int poll(long timeoutNanos) throws IOException {
        long deadline = System.nanoTime() + timeoutNanos;
        while (true) {
            for (int i = 0; i < SPINS; i++) {
                int slot = take();
                if (slot != NONE) {
                    return slot;
                }
                Thread.onSpinWait();
            }
            if (!queue.awaitUsed(0) && System.nanoTime() - deadline > 0) {
                return NONE;
            }
        }
    }

    /// {@return the bytes that the device says it wrote to the slot taken last}
    public long usedLength() {
        return ring.usedLength();
    }

    /// Takes back all slots that the device has used, and waits for one if the device has all.
    ///
    /// @return an idle slot
    /// @throws BackendTimeout if the device keeps all of them
    /// @throws IOException    as [#take(long)]
    public int claim() throws IOException {
        while (take() != NONE) {
            // idle again
        }
        if (idleCount == 0) {
            requireUsed();
        }
        return idle();
    }

    /// Waits until the device has no slot.
    ///
    /// @throws BackendTimeout if it keeps one
    /// @throws IOException    as [#take(long)]
    public void awaitAll() throws IOException {
        while (offered() > 0) {
            requireUsed();
        }
    }

    private void requireUsed() throws IOException {
        if (take(timeoutNanos) == NONE) {
            throw new BackendTimeout("the device has not used a buffer of ring " + queue.index() + " within "
                    + timeoutNanos / 1_000_000 + " ms");
        }
    }

    /// Offers and submits all idle slots for the device to write to.
    ///
    /// @param write bytes of each
    public void offerAll(long write) {
        for (int slot = idle(); slot != NONE; slot = idle()) {
            offer(slot, 0, write);
        }
        submit();
    }
}
