package org.vhostdevice.core.frontend;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The driver's side of a virtqueue, split (VIRTIO 1.4, 2.7) or packed (2.8).
///
/// A chain is known by a number less than the ring's size, here called its head. It is written by [#prepare], made
/// available by [#offer] and [#publish], and comes back by [#nextUsed]; then it may be offered again, or its
/// descriptors freed by [#release]. [#add] does the first two and frees the descriptors by itself when the chain comes
/// back. Nothing here allocates once the ring exists, apart from the indirect table of a head that never had one, and
/// the record of a head that never had so many descriptors.
///
/// The back end is not trusted: what it writes is read once and checked against the driver's own records. With
/// IN_ORDER that includes the order; chains that the device skips, as it may, come back like the others, each with all
/// its writable bytes (2.7.9, 2.8.8).
/// One thread at a time.
public abstract sealed class DriverQueue permits SplitDriverQueue, PackedDriverQueue {
    /// Returned when too few descriptors are free.
    public static final int NONE = -1;

    private static final byte FREE = 0;
    private static final byte PREPARED = 1;

    /// States of a chain that was offered are even if it stays prepared when it comes back.
    private static final byte RETURNED = 2;

    private static final byte OFFERED = 4;
    private static final byte ONCE = 1;

    final int size;
    final boolean eventIdx;

    /// Null without IN_ORDER.
    final @Nullable OfferOrder order;

    private final boolean indirect;
    private final RingAddresses addresses;
    private final byte[] state;
    private final long[] writable;

    /// When each head was offered last, as the number of offers before it.
    private final long[] turn;

    private long offers;
    private long published;
    private long returns;
    private int usedHead;
    private long usedLength;

    DriverQueue(DriverQueueOptions options, RingAddresses addresses) {
        size = options.size();
        eventIdx = options.eventIdx();
        indirect = options.indirectEntries() > 0;
        order = options.inOrder() ? new OfferOrder(size) : null;
        this.addresses = addresses;
        state = new byte[size];
        writable = new long[size];
        turn = new long[size];
    }

    /// Makes a ring.
    ///
    /// @param options its size, format and abilities
    /// @param memory  where its parts are allocated
    /// @return the ring, empty and with interrupts wanted
    /// @throws IllegalStateException if the memory has no room
    public static DriverQueue allocate(DriverQueueOptions options, FrontendMemory memory) {
        return options.packed() ? PackedDriverQueue.create(options, memory) : SplitDriverQueue.create(options, memory);
    }

    /// {@return the number of descriptors}
    public final int size() {
        return size;
    }

    /// {@return whether chains may have indirect tables}
    public final boolean indirect() {
        return indirect;
    }

    /// {@return the guest addresses of the ring's parts}
    public final RingAddresses addresses() {
        return addresses;
    }

    /// {@return the descriptors that are free}
    public abstract int free();

    /// {@return the descriptors of the ring that a chain would take}
    ///
    /// @param pieces of the chain
    /// @param layout where they would stand
    public abstract int descriptors(int pieces, ChainLayout layout);

    /// {@return the chains offered and not yet taken back}
    public final int outstanding() {
        return (int) (offers - returns);
    }

    /// {@return all chains ever offered}
    public final long offered() {
        return offers;
    }

    /// Forgets every chain and empties the ring. Only while the back end does not process the ring.
    public final void reset() {
        Arrays.fill(state, FREE);
        published = offers;
        returns = offers;
        if (order != null) {
            order.clear();
        }
        clear();
    }

    /// Empties the ring.
    abstract void clear();

    /// Writes the descriptors of a chain, which stay until [#release].
    ///
    /// @param chain  its pieces
    /// @param layout where they stand
    /// @return the head, or [#NONE] if too few descriptors are free
    /// @throws IllegalArgumentException if the chain is empty, or its indirect table would be too long
    public final int prepare(Chain chain, ChainLayout layout) {
        int head = write(chain, layout);
        if (head != NONE) {
            state[head] = PREPARED;
            writable[head] = chain.writableBytes();
        }
        return head;
    }

    abstract int write(Chain chain, ChainLayout layout);

    /// Frees the descriptors of a prepared chain.
    ///
    /// @param head from [#prepare]; not offered at present
    public final void release(int head) {
        requirePrepared(head);
        state[head] = FREE;
        free(head);
    }

    abstract void free(int head);

    /// Makes a prepared chain available with the next [#publish].
    ///
    /// @param head from [#prepare]; not offered at present
    public final void offer(int head) {
        requirePrepared(head);
        enter(head, OFFERED);
    }

    /// Prepares and offers a chain whose descriptors are free again as soon as it comes back.
    ///
    /// @param chain  its pieces
    /// @param layout where they stand
    /// @return the head, or [#NONE] if too few descriptors are free
    public final int add(Chain chain, ChainLayout layout) {
        int head = prepare(chain, layout);
        if (head != NONE) {
            enter(head, (byte) (OFFERED | ONCE));
        }
        return head;
    }

    private void requirePrepared(int head) {
        if (state[head] != PREPARED) {
            throw new IllegalStateException("chain " + head + " is not prepared and idle");
        }
    }

    private void enter(int head, byte as) {
        state[head] = as;
        turn[head] = offers++;
        if (order != null) {
            order.add(head);
        }
        makeAvailable(head);
    }

    /// Puts a chain into the ring, where the device does not see it yet.
    abstract void makeAvailable(int head);

    /// Makes all offered chains visible to the device.
    ///
    /// @return whether the device wants to be notified of them (VIRTIO 1.4, 2.7.13.4 and 2.8.21.4)
    public abstract boolean publish();

    /// Whether there is something to publish.
    final boolean unpublished() {
        return published != offers;
    }

    /// All chains offered are visible now.
    final void setPublished() {
        published = offers;
    }

    /// Whether the device has a chain, by the driver's records.
    final boolean withDevice(int head) {
        return head >= 0 && head < size && state[head] >= OFFERED && turn[head] < published;
    }

    /// How many chains a device uses at once when it returns this one, in order.
    final int batch(OfferOrder oldest, int head) {
        return (int) (turn[head] - turn[oldest.peek()]) + 1;
    }

    /// The bytes of a chain that the device may write.
    final long writable(int head) {
        return writable[head];
    }

    /// The device has returned a chain, which is to be taken later.
    final void setReturned(int head) {
        state[head] = (byte) (state[head] - (OFFERED - RETURNED));
    }

    /// Takes a chain that the device had.
    final void take(int head, long length) throws BackendViolation {
        returns++;
        usedHead = head;
        usedLength = length;
        boolean once = (state[head] & ONCE) != 0;
        state[head] = once ? FREE : PREPARED;
        if (once) {
            free(head);
        }
        if (length > writable[head]) {
            throw new BackendViolation("the device says that it wrote " + length + " bytes to the " + writable[head]
                    + " writable bytes of chain " + head);
        }
    }

    /// Looks how many chains the device has used.
    ///
    /// @return how often [#nextUsed] can take one
    /// @throws BackendViolation if the ring cannot be as it is
    public abstract int pending() throws BackendViolation;

    /// Takes the next chain that the device has used; [#usedHead] and [#usedLength] tell about it.
    ///
    /// @return whether there was one
    /// @throws BackendViolation if the device returned something that it was not given, or more bytes than the
    ///     chain holds, or not in order when that was agreed on; the entry is skipped
    public abstract boolean nextUsed() throws BackendViolation;

    /// {@return the head of the chain taken last}
    public final int usedHead() {
        return usedHead;
    }

    /// {@return the bytes that the device says it wrote to the chain taken last}
    public final long usedLength() {
        return usedLength;
    }

    /// Asks for an interrupt when the device uses the next chain.
    ///
    /// @return whether chains are already there to be taken, so that no interrupt may come for them
    public abstract boolean arm();

    /// Asks for no interrupts; in a split ring with EVENT_IDX, for none before the ring has gone round 65536 entries.
    public abstract void disarm();

    /// Prepares for a device that knows nothing of the past: from where the ring stands on, it holds every chain that
    /// was not used, in the order of the offers. Changes nothing if the device used all chains in order.
    /// Only while no back end processes the ring.
    ///
    /// @return where the device goes on, for SET_VRING_BASE
    /// @throws BackendViolation if the ring cannot be as it is
    public abstract int resume() throws BackendViolation;

    /// Chains that the device has by the driver's records, published or not, in the order of their offers.
    final IntStream given() {
        return IntStream.range(0, size)
                .filter(head -> state[head] >= OFFERED)
                .boxed()
                .sorted(Comparator.comparingLong(head -> turn[head]))
                .mapToInt(Integer::intValue);
    }

    /// Prepares for a device that has a record of the past, in which it finds the chains that it held: what it has seen
    /// of the ring stays as it is. Only while no back end processes the ring.
    ///
    /// @return where the device goes on if its record is empty, for SET_VRING_BASE
    /// @throws BackendViolation if the ring cannot be as it is
    public abstract int resumeRecorded() throws BackendViolation;

    /// Checks the answer to GET_VRING_BASE: between what was used and what was made available.
    ///
    /// @param base all 32 bits
    /// @throws BackendViolation if it is elsewhere
    public abstract void checkBase(int base) throws BackendViolation;

    /// {@return what the device says about kicks, 16 bits} The flags of the used ring, or of the device's event
    /// suppression structure.
    public abstract int usedFlags();
}
