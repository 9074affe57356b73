package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_REST;
import static org.vhostdevice.core.frontend.SplitRing.F_INDIRECT;
import static org.vhostdevice.core.frontend.SplitRing.F_NEXT;
import static org.vhostdevice.core.frontend.SplitRing.F_WRITE;
import static org.vhostdevice.core.frontend.SplitRing.LE64;
import static org.vhostdevice.core.frontend.SplitRing.rest;

import java.lang.foreign.MemorySegment;

/// The descriptors of a ring: writes chains into the table and keeps the free ones. Which descriptor belongs to which
/// chain is known here only and never read back from shared memory.
final class DescriptorTable {
    /// No descriptor, no chain.
    static final int NONE = -1;

    private final MemorySegment table;
    private final FrontendMemory memory;
    private final int indirectEntries;

    /// The indirect table of each head, made when first needed; 0 is none.
    private final long[] indirect;

    private final int[] next;
    private final int[] last;
    private final int[] used;
    private int freeHead;
    private int free;

    DescriptorTable(MemorySegment table, FrontendMemory memory, int indirectEntries) {
        int size = Math.toIntExact(table.byteSize() / DESCRIPTOR);
        this.table = table;
        this.memory = memory;
        this.indirectEntries = indirectEntries;
        indirect = new long[size];
        next = new int[size];
        last = new int[size];
        used = new int[size];
        clear();
    }

    /// Frees all descriptors, and hands them out again from the first on.
    void clear() {
        for (int i = 0; i < next.length; i++) {
            next[i] = i + 1;
            used[i] = 0;
        }
        freeHead = 0;
        free = next.length;
    }

    int free() {
        return free;
    }

    /// Writes a chain.
    ///
    /// @return its first descriptor, or [#NONE] when too few are free
    int write(Chain chain, ChainLayout layout) {
        int pieces = chain.count();
        int descriptors = layout.descriptors(pieces);
        if (pieces == 0) {
            throw new IllegalArgumentException("a chain without pieces");
        }
        if (descriptors > free) {
            return NONE;
        }
        int direct = Math.min(layout.direct(), pieces);
        int head = freeHead;
        int at = head;
        int end = head;
        for (int i = 0; i < direct; i++) {
            end = at;
            at = next[at];
            int flags = chain.writeFlag(i) | (i + 1 < descriptors ? F_NEXT : 0);
            put(end, chain.address(i), rest(chain.length(i), flags, i + 1 < descriptors ? at : 0));
        }
        if (direct < pieces) {
            end = at;
            at = next[at];
            int flags = layout.markReference() ? F_INDIRECT | F_WRITE : F_INDIRECT;
            long bytes = (long) (pieces - direct) * DESCRIPTOR;
            put(end, writeIndirect(head, chain, direct), rest(bytes, flags, 0));
        }
        freeHead = at;
        free -= descriptors;
        last[head] = end;
        used[head] = descriptors;
        return head;
    }

    /// Frees the descriptors of a chain.
    ///
    /// @param head its first one
    void release(int head) {
        next[last[head]] = freeHead;
        freeHead = head;
        free += used[head];
        used[head] = 0;
    }

    private void put(int descriptor, long address, long rest) {
        long offset = (long) descriptor * DESCRIPTOR;
        table.set(LE64, offset, address);
        table.set(LE64, offset + DESCRIPTOR_REST, rest);
    }

    private long writeIndirect(int head, Chain chain, int first) {
        int entries = chain.count() - first;
        if (entries > indirectEntries) {
            throw new IllegalArgumentException(
                    entries + " pieces for an indirect table of " + indirectEntries + " entries");
        }
        if (indirect[head] == 0) {
            indirect[head] = memory.allocate((long) indirectEntries * DESCRIPTOR, DESCRIPTOR_ALIGNMENT);
        }
        MemorySegment entry = memory.slice(indirect[head], (long) entries * DESCRIPTOR);
        for (int i = 0; i < entries; i++) {
            int piece = first + i;
            boolean more = i + 1 < entries;
            int flags = chain.writeFlag(piece) | (more ? F_NEXT : 0);
            entry.set(LE64, (long) i * DESCRIPTOR, chain.address(piece));
            entry.set(
                    LE64, (long) i * DESCRIPTOR + DESCRIPTOR_REST, rest(chain.length(piece), flags, more ? i + 1 : 0));
        }
        return indirect[head];
    }
}
