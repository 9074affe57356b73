package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_REST;
import static org.vhostdevice.core.frontend.SplitRing.F_INDIRECT;
import static org.vhostdevice.core.frontend.SplitRing.F_NEXT;
import static org.vhostdevice.core.frontend.SplitRing.F_WRITE;
import static org.vhostdevice.core.frontend.SplitRing.LE64;
import static org.vhostdevice.core.frontend.SplitRing.rest;

import java.lang.foreign.MemorySegment;

/// The descriptors of a split ring: writes chains into the table when they are prepared, and keeps the free ones.
final class DescriptorTable implements SplitDescriptors {
    private final MemorySegment table;
    private final IndirectTables indirect;
    private final int[] next;
    private final int[] last;
    private final int[] used;
    private int freeHead;
    private int free;

    DescriptorTable(MemorySegment table, IndirectTables indirect) {
        int size = Math.toIntExact(table.byteSize() / DESCRIPTOR);
        this.table = table;
        this.indirect = indirect;
        next = new int[size];
        last = new int[size];
        used = new int[size];
        clear();
    }

    @Override
    public void clear() {
        for (int i = 0; i < next.length; i++) {
            next[i] = i + 1;
            used[i] = 0;
        }
        freeHead = 0;
        free = next.length;
    }

    @Override
    public int free() {
        return free;
    }

    @Override
    public int write(Chain chain, ChainLayout layout) {
        int pieces = chain.count();
        int descriptors = layout.descriptors(pieces);
        if (pieces == 0) {
            throw new IllegalArgumentException("a chain without pieces");
        }
        if (descriptors > free) {
            return DriverQueue.NONE;
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
            indirect.ensure(head, pieces - direct);
            put(end, indirect.write(head, chain, direct), rest(bytes, flags, 0));
        }
        freeHead = at;
        free -= descriptors;
        last[head] = end;
        used[head] = descriptors;
        return head;
    }

    @Override
    public void release(int head) {
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

    /// Chains are known by their first descriptor and stay where they are.
    @Override
    public int place(int head) {
        return head;
    }

    @Override
    public int owner(int descriptor) {
        return descriptor;
    }
}
