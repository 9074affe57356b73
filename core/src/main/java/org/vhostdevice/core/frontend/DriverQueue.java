package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.AVAIL_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.AVAIL_ENTRY;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.ENTRIES;
import static org.vhostdevice.core.frontend.SplitRing.FLAGS;
import static org.vhostdevice.core.frontend.SplitRing.IDX;
import static org.vhostdevice.core.frontend.SplitRing.LE16;
import static org.vhostdevice.core.frontend.SplitRing.LE32;
import static org.vhostdevice.core.frontend.SplitRing.SILENT;
import static org.vhostdevice.core.frontend.SplitRing.USED_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.USED_ENTRY;
import static org.vhostdevice.core.frontend.SplitRing.USED_LENGTH;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// The driver's side of a split virtqueue (VIRTIO 1.4, 2.7).
///
/// A chain is known by its head, the number of its first descriptor. It is written by [#prepare], made available by
/// [#offer] and [#publish], and comes back by [#nextUsed]; then it may be offered again, or its descriptors freed by
/// [#release]. [#add] does the first two and frees the descriptors by itself when the chain comes back. Nothing here
/// allocates once the ring exists, apart from the indirect table of a head that never had one.
///
/// The back end is not trusted: what it writes is read once and checked against the driver's own records.
/// One thread at a time.
public final class DriverQueue {
    /// Returned when too few descriptors are free.
    public static final int NONE = DescriptorTable.NONE;

    private static final byte FREE = 0;
    private static final byte PREPARED = 1;
    private static final byte OFFERED = 2;
    private static final byte OFFERED_ONCE = 3;

    private final int size;
    private final int mask;
    private final boolean eventIdx;
    private final boolean indirect;
    private final RingAddresses addresses;
    private final MemorySegment available;
    private final MemorySegment used;
    private final DescriptorTable descriptors;

    private final byte[] state;
    private final long[] writable;

    /// When each head was offered last, as the number of offers before it.
    private final long[] turn;

    private long offers;
    private short published;
    private short next;
    private short taken;
    private short seen;
    private int usedHead;
    private long usedLength;

    private DriverQueue(DriverQueueOptions options, FrontendMemory memory, RingAddresses addresses) {
        size = options.size();
        mask = size - 1;
        eventIdx = options.eventIdx();
        indirect = options.indirectEntries() > 0;
        this.addresses = addresses;
        available = memory.slice(addresses.available(), SplitRing.usedEvent(size) + AVAIL_ENTRY);
        used = memory.slice(addresses.used(), SplitRing.availEvent(size) + AVAIL_ENTRY);
        descriptors = new DescriptorTable(
                memory.slice(addresses.descriptors(), (long) size * DESCRIPTOR), memory, options.indirectEntries());
        state = new byte[size];
        writable = new long[size];
        turn = new long[size];
        reset();
    }

    /// Makes a ring.
    ///
    /// @param options its size and abilities
    /// @param memory  where its parts are allocated
    /// @return the ring, empty and with interrupts wanted
    /// @throws IllegalStateException if the memory has no room
    public static DriverQueue allocate(DriverQueueOptions options, FrontendMemory memory) {
        int size = options.size();
        return new DriverQueue(
                options,
                memory,
                new RingAddresses(
                        memory.allocate((long) size * DESCRIPTOR, DESCRIPTOR_ALIGNMENT),
                        memory.allocate(SplitRing.usedEvent(size) + AVAIL_ENTRY, AVAIL_ALIGNMENT),
                        memory.allocate(SplitRing.availEvent(size) + AVAIL_ENTRY, USED_ALIGNMENT)));
    }

    /// {@return the number of descriptors}
    public int size() {
        return size;
    }

    /// {@return whether chains may have indirect tables}
    public boolean indirect() {
        return indirect;
    }

    /// {@return the guest addresses of the ring's parts}
    public RingAddresses addresses() {
        return addresses;
    }

    /// {@return the descriptors that are free}
    public int free() {
        return descriptors.free();
    }

    /// {@return the chains offered and not yet taken back}
    public int outstanding() {
        return distance(taken, next);
    }

    /// {@return all chains ever offered}
    public long offered() {
        return offers;
    }

    /// Forgets every chain and empties the ring. Only while the back end does not process the ring.
    public void reset() {
        available.fill((byte) 0);
        used.fill((byte) 0);
        descriptors.clear();
        Arrays.fill(state, FREE);
        published = 0;
        next = 0;
        taken = 0;
        seen = 0;
    }

    /// Writes the descriptors of a chain, which stay until [#release].
    ///
    /// @param chain  its pieces
    /// @param layout where they stand
    /// @return the head, or [#NONE] if too few descriptors are free
    /// @throws IllegalArgumentException if the chain is empty, or its indirect table would be too long
    public int prepare(Chain chain, ChainLayout layout) {
        int head = descriptors.write(chain, layout);
        if (head != NONE) {
            state[head] = PREPARED;
            writable[head] = chain.writableBytes();
        }
        return head;
    }

    /// Frees the descriptors of a prepared chain.
    ///
    /// @param head from [#prepare]; not offered at present
    public void release(int head) {
        requirePrepared(head);
        state[head] = FREE;
        descriptors.release(head);
    }

    /// Makes a prepared chain available with the next [#publish].
    ///
    /// @param head from [#prepare]; not offered at present
    public void offer(int head) {
        requirePrepared(head);
        state[head] = OFFERED;
        enter(head);
    }

    /// Prepares and offers a chain whose descriptors are free again as soon as it comes back.
    ///
    /// @param chain  its pieces
    /// @param layout where they stand
    /// @return the head, or [#NONE] if too few descriptors are free
    public int add(Chain chain, ChainLayout layout) {
        int head = prepare(chain, layout);
        if (head != NONE) {
            state[head] = OFFERED_ONCE;
            enter(head);
        }
        return head;
    }

    private void requirePrepared(int head) {
        if (state[head] != PREPARED) {
            throw new IllegalStateException("descriptor " + head + " is not the head of an idle chain");
        }
    }

    private void enter(int head) {
        turn[head] = offers++;
        makeAvailable(head);
    }

    private void makeAvailable(int head) {
        available.set(LE16, ENTRIES + (long) AVAIL_ENTRY * (next & mask), (short) head);
        next++;
    }

    /// Makes all offered chains visible to the device.
    ///
    /// @return whether the device wants to be notified of them (VIRTIO 1.4, 2.7.13.4)
    public boolean publish() {
        short before = published;
        short after = next;
        if (before == after) {
            return false;
        }
        VarHandle.releaseFence();
        available.set(LE16, IDX, after);
        published = after;
        VarHandle.fullFence();
        if (!eventIdx) {
            return (used.get(LE16, FLAGS) & SILENT) == 0;
        }
        short event = used.get(LE16, SplitRing.availEvent(size));
        return distance((short) (event + 1), after) < distance(before, after);
    }

    /// Looks how many chains the device has used.
    ///
    /// @return how often [#nextUsed] can take one
    /// @throws BackendViolation if the used index cannot be
    public int pending() throws BackendViolation {
        loadUsedIndex();
        return distance(taken, seen);
    }

    /// Takes the next chain that the device has used; [#usedHead] and [#usedLength] tell about it.
    ///
    /// @return whether there was one
    /// @throws BackendViolation if the device returned something that it was not given, or more bytes than the
    ///     chain holds; the entry is skipped
    public boolean nextUsed() throws BackendViolation {
        if (taken == seen) {
            loadUsedIndex();
        }
        if (taken == seen) {
            return false;
        }
        long offset = usedEntry(taken);
        int head = used.get(LE32, offset);
        long length = Integer.toUnsignedLong(used.get(LE32, offset + USED_LENGTH));
        taken++;
        if (head < 0 || head >= size || state[head] < OFFERED) {
            throw new BackendViolation("used ring returns descriptor " + Integer.toUnsignedString(head)
                    + ", which is not the head of a chain in the device's hands");
        }
        usedHead = head;
        usedLength = length;
        boolean once = state[head] == OFFERED_ONCE;
        state[head] = once ? FREE : PREPARED;
        if (once) {
            descriptors.release(head);
        }
        if (length > writable[head]) {
            throw new BackendViolation("used ring says " + length + " bytes were written to the " + writable[head]
                    + " writable bytes of chain " + head);
        }
        return true;
    }

    /// How many entries lie between two indices.
    private static int distance(short from, short to) {
        return (to - from) & 0xffff;
    }

    private long usedEntry(short index) {
        return ENTRIES + (long) USED_ENTRY * (index & mask);
    }

    private void loadUsedIndex() throws BackendViolation {
        short index = used.get(LE16, IDX);
        VarHandle.acquireFence();
        int fresh = distance(taken, index);
        int given = distance(taken, published);
        if (fresh > given) {
            throw new BackendViolation("used index is " + (index & 0xffff) + " after " + (taken & 0xffff) + " with "
                    + given + " chains in the device's hands");
        }
        seen = index;
    }

    /// {@return the head of the chain taken last}
    public int usedHead() {
        return usedHead;
    }

    /// {@return the bytes that the device says it wrote to the chain taken last}
    public long usedLength() {
        return usedLength;
    }

    /// Asks for an interrupt when the device uses the next chain.
    ///
    /// @return whether chains are already there to be taken, so that no interrupt may come for them
    public boolean arm() {
        if (eventIdx) {
            available.set(LE16, SplitRing.usedEvent(size), taken);
        } else {
            available.set(LE16, FLAGS, (short) 0);
        }
        VarHandle.fullFence();
        return used.get(LE16, IDX) != taken;
    }

    /// Asks for no interrupts; with EVENT_IDX, for none before the ring has gone round 65536 entries.
    public void disarm() {
        if (eventIdx) {
            available.set(LE16, SplitRing.usedEvent(size), (short) (taken - 1));
        } else {
            available.set(LE16, FLAGS, (short) SILENT);
        }
    }

    /// Prepares for a device that knows nothing of the past: from the used index on, the available ring holds every
    /// chain that was not used, in the order of the offers. Changes nothing if the device used all chains in order.
    /// Only while no back end processes the ring.
    ///
    /// @return the index where the device goes on, for SET_VRING_BASE
    /// @throws BackendViolation if the used index cannot be
    public int resume() throws BackendViolation {
        loadUsedIndex();
        boolean[] given = new boolean[size];
        for (int head = 0; head < size; head++) {
            given[head] = state[head] >= OFFERED;
        }
        for (short i = taken; i != seen; i++) {
            int head = used.get(LE32, usedEntry(i));
            if (head >= 0 && head < size) {
                given[head] = false;
            }
        }
        next = seen;
        IntStream.range(0, size)
                .filter(head -> given[head])
                .boxed()
                .sorted(Comparator.comparingLong(head -> turn[head]))
                .forEach(this::makeAvailable);
        VarHandle.releaseFence();
        available.set(LE16, IDX, next);
        published = next;
        return seen & 0xffff;
    }

    /// Checks the answer to GET_VRING_BASE: between the used and the available index.
    ///
    /// @param base all 32 bits
    /// @throws BackendViolation if it is elsewhere
    public void checkBase(int base) throws BackendViolation {
        loadUsedIndex();
        int unused = distance(seen, published);
        if (base < 0 || base > 0xffff || distance(seen, (short) base) > unused) {
            throw new BackendViolation("the ring stopped at " + Integer.toUnsignedString(base) + ", with used index "
                    + (seen & 0xffff) + " and available index " + (published & 0xffff));
        }
    }

    /// {@return the device's used ring flags, 16 bits}
    public int usedFlags() {
        return used.get(LE16, FLAGS) & 0xffff;
    }
}
