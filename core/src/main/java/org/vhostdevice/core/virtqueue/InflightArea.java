package org.vhostdevice.core.virtqueue;

import static org.vhostdevice.core.virtqueue.InflightLayout.DESC_NUM;
import static org.vhostdevice.core.virtqueue.InflightLayout.U16;
import static org.vhostdevice.core.virtqueue.InflightLayout.VERSION;
import static org.vhostdevice.core.virtqueue.InflightLayout.VERSION_1;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/// Where a queue records its requests in flight: memory that the front end keeps and hands to the next back end when
/// this one dies (vhost-user, "Inflight I/O tracking").
///
/// The front end may write to it and truncate it at any time. What it holds is checked; accesses are plain, ordered by
/// fences.
///
/// @param memory the queue's part of the region, aligned to 8 bytes, of [#bytes] bytes
/// @param entries descriptors that it has room for
/// @param resumes whether a record found there is of the ring's present life; otherwise it is begun anew
public record InflightArea(MemorySegment memory, int entries, boolean resumes) {
    /// Checks size and alignment.
    ///
    /// @throws IllegalArgumentException if a split ring of so many entries has no room, or fields lie askew
    public InflightArea {
        if (memory.byteSize() < InflightLayout.splitEntry(entries)
                || memory.address() % InflightLayout.FIELD_ALIGN != 0) {
            throw new IllegalArgumentException(memory + " for " + entries + " descriptors");
        }
    }

    /// {@return the bytes that one queue takes, a multiple of 64}
    ///
    /// @param entries descriptors of the queue
    /// @param features whether the ring is packed
    public static long bytes(int entries, FeatureSet features) {
        boolean packed = features.has(VirtioFeature.RING_PACKED);
        long bytes = packed ? InflightLayout.packedEntry(entries) : InflightLayout.splitEntry(entries);
        return (bytes + InflightLayout.ALIGN - 1) & -InflightLayout.ALIGN;
    }

    /// Makes the area uninitialised: its record is of no use any more.
    public void forget() {
        memory.set(U16, VERSION, (short) 0);
        VarHandle.storeStoreFence();
    }

    /// Whether it holds a record that a ring of some size may go on from.
    boolean isRecordFor(int size) {
        int count = SharedReads.u16(memory, U16, DESC_NUM);
        return resumes && SharedReads.u16(memory, U16, VERSION) == VERSION_1 && count >= size && count <= entries;
    }

    /// The number of entries that a record says it has; at most [#entries] at the time of [#isRecordFor].
    int recordedEntries() {
        return Math.min(entries, SharedReads.u16(memory, U16, DESC_NUM));
    }

    /// Empties the area, which is then as the first back end finds it, but for the number of entries.
    void clear() {
        forget();
        memory.fill((byte) 0);
        memory.set(U16, DESC_NUM, (short) entries);
        VarHandle.storeStoreFence();
    }

    /// Says that the record is valid from now on.
    void commit() {
        VarHandle.storeStoreFence();
        memory.set(U16, VERSION, (short) VERSION_1);
        VarHandle.storeStoreFence();
    }
}
