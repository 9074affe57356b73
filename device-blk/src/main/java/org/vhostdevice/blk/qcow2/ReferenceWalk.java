package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/// Follows the tables of an image, of the disk and of all snapshots, and counts what they refer to. A table that many
/// others name is followed once.
final class ReferenceWalk {
    private static final long MAX_L1_ENTRIES = 1L << 26;

    private final HostFile file;
    private final Geometry geometry;
    private final References found;
    private final Map<Long, Integer> tables = new HashMap<>();
    private long entries;

    private ReferenceWalk(HostFile file, Header header) {
        this.file = file;
        this.geometry = header.geometry();
        this.found = new References(geometry.clusterBits());
    }

    /// Counts all references but those to reference counts.
    ///
    /// @throws IOException if a table says what cannot be
    static References count(HostFile file, Header header, SnapshotTable snapshots) throws IOException {
        var walk = new ReferenceWalk(file, header);
        walk.found.add(0, walk.geometry.clusterBytes(), 1);
        walk.found.add(header.snapshotsOffset(), snapshots.bytes(), 1);
        walk.l1(header.l1Offset(), header.l1Size());
        for (SnapshotTable.L1 table : snapshots.tables()) {
            walk.l1(table.offset(), table.entries());
        }
        for (Map.Entry<Long, Integer> table : walk.tables.entrySet()) {
            walk.l2(table.getKey(), table.getValue());
        }
        return walk.found;
    }

    private void l1(long offset, int size) throws IOException {
        entries += size;
        require(entries <= MAX_L1_ENTRIES, "snapshots that are so large together cannot be followed here", offset);
        found.add(offset, (long) size * Long.BYTES, 1);
        for (long entry : file.readLongs("L1 table", offset, size)) {
            long table = entry & Geometry.OFFSET;
            if (table != 0) {
                require(
                        geometry.aligned(table) && file.holds(table, geometry.clusterBytes()),
                        "an L1 entry names an L2 table outside the file",
                        table);
                var _ = tables.merge(table, 1, Integer::sum);
            }
        }
    }

    private void l2(long offset, int times) throws IOException {
        found.add(offset, geometry.clusterBytes(), times);
        ByteBuffer table = ByteBuffer.wrap(file.read("L2 table", offset, geometry.clusterBytes()));
        int step = geometry.entryWords() * Long.BYTES;
        for (int at = 0; at < table.capacity(); at += step) {
            long entry = table.getLong(at);
            if ((entry & Geometry.COMPRESSED) != 0) {
                long start = geometry.compressedOffset(entry);
                require(start < file.size(), "an L2 entry names a compressed cluster outside the file", start);
                found.add(start, geometry.compressedBytes(entry), times);
            } else if ((entry & Geometry.OFFSET) != 0) {
                long start = entry & Geometry.OFFSET;
                require(
                        geometry.aligned(start) && start < file.size(),
                        "an L2 entry names a cluster outside the file",
                        start);
                found.add(start, geometry.clusterBytes(), times);
            }
        }
    }

    private static void require(boolean met, String otherwise, long at) throws IOException {
        if (!met) {
            throw new IOException("the image is corrupt: " + otherwise + " (" + at + ")");
        }
    }
}
