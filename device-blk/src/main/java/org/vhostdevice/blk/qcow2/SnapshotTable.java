package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The internal snapshots: where their L1 tables are. They are kept as they are.
///
/// @param bytes of the table in the file
/// @param tables one for each snapshot
record SnapshotTable(long bytes, List<L1> tables) {
    static final int MAX_SNAPSHOTS = 65_536;

    private static final int ENTRY_BYTES = 40;
    private static final long MAX_BYTES = 64L << 20;
    private static final long MAX_EXTRA = 1024;

    /// The L1 table of a snapshot.
    ///
    /// @param offset of its first byte in the file
    /// @param entries in it
    record L1(long offset, int entries) {}

    /// Reads the table.
    static SnapshotTable read(HostFile file, Header header) throws IOException {
        Geometry geometry = header.geometry();
        List<L1> tables = new ArrayList<>();
        long start = header.snapshotsOffset();
        long at = start;
        for (int i = 0; i < header.snapshots(); i++) {
            ByteBuffer entry = ByteBuffer.wrap(file.read("snapshot table", at, ENTRY_BYTES));
            L1 table = new L1(entry.getLong(0), entry.getInt(8));
            long bytes = Integer.toUnsignedLong(table.entries) * Long.BYTES;
            if (bytes > Header.MAX_L1_BYTES || !geometry.aligned(table.offset) || !file.holds(table.offset, bytes)) {
                throw new IOException("the L1 table of snapshot " + i + " at " + table.offset + " is not valid");
            }
            tables.add(table);
            long extra = Integer.toUnsignedLong(entry.getInt(36));
            if (extra > MAX_EXTRA) {
                throw new IOException("snapshot " + i + " has too much extra data: " + extra + " bytes");
            }
            long length = ENTRY_BYTES + extra + entry.getChar(12) + entry.getChar(14);
            at += (length + 7) & ~7L;
            if (at - start > MAX_BYTES) {
                throw new IOException("the snapshot table is too large");
            }
        }
        return new SnapshotTable(at - start, List.copyOf(tables));
    }
}
