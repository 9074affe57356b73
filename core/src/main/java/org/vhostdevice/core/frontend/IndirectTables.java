package org.vhostdevice.core.frontend;

import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_ALIGNMENT;
import static org.vhostdevice.core.frontend.SplitRing.DESCRIPTOR_REST;
import static org.vhostdevice.core.frontend.SplitRing.F_NEXT;
import static org.vhostdevice.core.frontend.SplitRing.LE64;
import static org.vhostdevice.core.frontend.SplitRing.rest;

import java.lang.foreign.MemorySegment;

/// The indirect tables of a ring's chains, each made when its chain first needs one and kept for good.
final class IndirectTables {
    private final FrontendMemory memory;
    private final int entries;
    private final boolean packed;

    /// By chain; 0 is none.
    private final long[] tables;

    /// @param options how long tables may be, and whether the ring is packed: then all entries of a table belong to
    ///     its chain, and no flag but WRITE may be set (VIRTIO 1.4, 2.8.19); else they are linked by NEXT (2.7.5.3)
    /// @param memory  where tables are allocated
    IndirectTables(DriverQueueOptions options, FrontendMemory memory) {
        this.memory = memory;
        entries = options.indirectEntries();
        packed = options.packed();
        tables = new long[options.size()];
    }

    /// Writes the last pieces of a chain.
    ///
    /// @param owner number of the chain
    /// @param first piece
    /// @return the table's guest address
    long write(int owner, Chain chain, int first) {
        int count = chain.count() - first;
        MemorySegment table = memory.slice(tables[owner], (long) count * DESCRIPTOR);
        for (int i = 0; i < count; i++) {
            int piece = first + i;
            boolean linked = !packed && i + 1 < count;
            int flags = chain.writeFlag(piece) | (linked ? F_NEXT : 0);
            table.set(LE64, (long) i * DESCRIPTOR, chain.address(piece));
            long rest = packed
                    ? PackedRing.rest(chain.length(piece), 0, flags)
                    : rest(chain.length(piece), flags, linked ? i + 1 : 0);
            table.set(LE64, (long) i * DESCRIPTOR + DESCRIPTOR_REST, rest);
        }
        return tables[owner];
    }

    /// Makes sure that a chain has a table.
    ///
    /// @param count entries needed
    /// @throws IllegalArgumentException if they are too many
    void ensure(int owner, int count) {
        if (count > entries) {
            throw new IllegalArgumentException(count + " pieces for an indirect table of " + entries + " entries");
        }
        if (tables[owner] == 0) {
            tables[owner] = memory.allocate((long) entries * DESCRIPTOR, DESCRIPTOR_ALIGNMENT);
        }
    }
}
