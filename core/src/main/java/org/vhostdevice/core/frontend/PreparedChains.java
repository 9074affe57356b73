package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR;
import static org.vhostdevice.core.frontend.SplitRing.F_INDIRECT;
import static org.vhostdevice.core.frontend.SplitRing.F_NEXT;
import static org.vhostdevice.core.frontend.SplitRing.F_WRITE;

/// Chains whose descriptors get their places in the ring when they are offered, as in packed rings and in split rings
/// with IN_ORDER. Each has an id, and descriptors of the ring set aside for it.
final class PreparedChains {
    private static final int WORDS = 2;

    private final IndirectTables tables;
    private final boolean mixed;

    /// By id: address, and length and flags, of each descriptor.
    private final long[][] words;

    private final int[] counts;
    private final int[] freeIds;
    private int freeIdCount;
    private int free;

    PreparedChains(DriverQueueOptions options, IndirectTables tables) {
        int size = options.size();
        this.tables = tables;
        mixed = !options.packed();
        words = new long[size][WORDS];
        counts = new int[size];
        freeIds = new int[size];
        clear();
    }

    /// Forgets all chains, and hands ids out again from 0 on.
    void clear() {
        int size = counts.length;
        for (int i = 0; i < size; i++) {
            freeIds[i] = size - 1 - i;
            counts[i] = 0;
        }
        freeIdCount = size;
        free = size;
    }

    /// The descriptors that are not set aside.
    int free() {
        return free;
    }

    /// The descriptors of the ring that a chain takes.
    int descriptors(int pieces, ChainLayout layout) {
        return direct(pieces, layout) < pieces ? direct(pieces, layout) + 1 : pieces;
    }

    /// A packed ring has no chains that begin in the ring and end in a table (VIRTIO 1.4, 2.8.19).
    private int direct(int pieces, ChainLayout layout) {
        return layout.direct() >= pieces ? pieces : mixed ? layout.direct() : 0;
    }

    /// Takes a chain.
    ///
    /// @return its id, or [DriverQueue#NONE] when too few descriptors are free
    int add(Chain chain, ChainLayout layout) {
        int pieces = chain.count();
        int direct = direct(pieces, layout);
        int count = descriptors(pieces, layout);
        if (pieces == 0) {
            throw new IllegalArgumentException("a chain without pieces");
        }
        if (count > free) {
            return DriverQueue.NONE;
        }
        int id = freeIds[freeIdCount - 1];
        if (words[id].length < WORDS * count) {
            words[id] = new long[WORDS * count];
        }
        if (direct < pieces) {
            tables.ensure(id, pieces - direct);
            int flags = layout.markReference() ? F_INDIRECT | F_WRITE : F_INDIRECT;
            long bytes = (long) (pieces - direct) * DESCRIPTOR;
            put(id, direct, tables.write(id, chain, direct), SplitRing.rest(bytes, flags, 0));
        }
        for (int i = 0; i < direct; i++) {
            int flags = chain.writeFlag(i) | (i + 1 < count ? F_NEXT : 0);
            put(id, i, chain.address(i), SplitRing.rest(chain.length(i), flags, 0));
        }
        freeIdCount--;
        free -= count;
        counts[id] = count;
        return id;
    }

    private void put(int id, int descriptor, long address, long rest) {
        words[id][WORDS * descriptor] = address;
        words[id][WORDS * descriptor + 1] = rest;
    }

    /// Forgets a chain.
    void remove(int id) {
        freeIds[freeIdCount++] = id;
        free += counts[id];
        counts[id] = 0;
    }

    /// How many descriptors of the ring a chain has.
    int count(int id) {
        return counts[id];
    }

    long address(int id, int descriptor) {
        return words[id][WORDS * descriptor];
    }

    /// Length and flags as in a split ring, without a link.
    long rest(int id, int descriptor) {
        return words[id][WORDS * descriptor + 1];
    }
}
