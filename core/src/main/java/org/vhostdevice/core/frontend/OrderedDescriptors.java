package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_REST;
import static org.vhostdevice.core.frontend.SplitRing.FLAGS_SHIFT;
import static org.vhostdevice.core.frontend.SplitRing.F_NEXT;
import static org.vhostdevice.core.frontend.SplitRing.LE64;
import static org.vhostdevice.core.frontend.SplitRing.NEXT_SHIFT;

import java.lang.foreign.MemorySegment;

/// The descriptors of a split ring with IN_ORDER: used one after the other around the table (VIRTIO 1.4, 2.7.5), so
/// that they are written whenever a chain is offered.
final class OrderedDescriptors implements SplitDescriptors {
    private final MemorySegment table;
    private final PreparedChains chains;
    private final int[] firsts;
    private final int[] owners;
    private final int mask;
    private int next;

    OrderedDescriptors(MemorySegment table, DriverQueueOptions options, IndirectTables indirect) {
        this.table = table;
        chains = new PreparedChains(options, indirect);
        firsts = new int[options.size()];
        owners = new int[options.size()];
        mask = options.size() - 1;
    }

    @Override
    public void clear() {
        chains.clear();
        next = 0;
    }

    @Override
    public int free() {
        return chains.free();
    }

    @Override
    public int write(Chain chain, ChainLayout layout) {
        return chains.add(chain, layout);
    }

    @Override
    public void release(int chain) {
        chains.remove(chain);
    }

    @Override
    public int place(int chain) {
        int first = next;
        int count = chains.count(chain);
        for (int i = 0; i < count; i++) {
            int at = (first + i) & mask;
            long rest = chains.rest(chain, i);
            boolean linked = (rest >>> FLAGS_SHIFT & F_NEXT) != 0;
            long offset = (long) at * DESCRIPTOR;
            table.set(LE64, offset, chains.address(chain, i));
            table.set(LE64, offset + DESCRIPTOR_REST, linked ? rest | (long) (at + 1 & mask) << NEXT_SHIFT : rest);
        }
        next = first + count & mask;
        firsts[chain] = first;
        owners[first] = chain;
        return first;
    }

    @Override
    public int owner(int descriptor) {
        if (descriptor < 0 || descriptor > mask) {
            return -1;
        }
        int chain = owners[descriptor];
        return firsts[chain] == descriptor ? chain : -1;
    }
}
