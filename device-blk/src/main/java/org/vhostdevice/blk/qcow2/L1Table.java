package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/// The active L1 table. Guarded by the image's lock.
final class L1Table {
    private long offset;
    private long[] entries;
    private int dirtyFrom = Integer.MAX_VALUE;
    private int dirtyTo;

    private L1Table(long offset, long[] entries) {
        this.offset = offset;
        this.entries = entries;
    }

    static L1Table read(HostFile file, Header header) throws IOException {
        return new L1Table(header.l1Offset(), file.readLongs("L1 table", header.l1Offset(), header.l1Size()));
    }

    long offset() {
        return offset;
    }

    int size() {
        return entries.length;
    }

    long get(int index) {
        return entries[index];
    }

    void set(int index, long entry) {
        entries[index] = entry;
        dirtyFrom = Math.min(dirtyFrom, index);
        dirtyTo = Math.max(dirtyTo, index + 1);
    }

    /// Moves the table to a larger place; all of it is then to be written there.
    void move(long to, int size) {
        offset = to;
        entries = Arrays.copyOf(entries, size);
    }

    /// The whole table, with zeros behind it.
    byte[] bytes(int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        bytes.asLongBuffer().put(entries);
        return bytes.array();
    }

    /// Takes what has changed, to be written.
    List<PendingWrite> take() {
        if (dirtyFrom >= dirtyTo) {
            return List.of();
        }
        int perSector = HostFile.SECTOR / Long.BYTES;
        int from = dirtyFrom & -perSector;
        int to = Math.min((dirtyTo + perSector - 1) & -perSector, entries.length);
        ByteBuffer bytes = ByteBuffer.allocate((to - from) * Long.BYTES);
        bytes.asLongBuffer().put(entries, from, to - from);
        dirtyFrom = Integer.MAX_VALUE;
        dirtyTo = 0;
        return List.of(new PendingWrite(offset + (long) from * Long.BYTES, bytes.array()));
    }
}
