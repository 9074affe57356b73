package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Makes new reference counts for an image whose own may be wrong, from what its tables refer to.
///
/// The new ones lie behind all that the file has, and the header names them, and says no longer that the image is
/// dirty, in one write: until then the image is as it was.
final class Repair {
    private final HostFile file;
    private final Header header;
    private final Geometry geometry;
    private final References references;

    private Repair(HostFile file, Header header, References references) {
        this.file = file;
        this.header = header;
        this.geometry = header.geometry();
        this.references = references;
    }

    /// Repairs an image that is about to be opened for writing.
    ///
    /// @throws References.TooManyException if there are too many clusters to count; then the image is as it was
    /// @throws IOException if something other than reference counts is wrong
    static void run(HostFile file, Header header, SnapshotTable snapshots) throws IOException {
        var repair = new Repair(file, header, ReferenceWalk.count(file, header, snapshots));
        repair.rebuild();
    }

    /// Lets the disk's entries say truly which clusters are referenced once.
    private void markCopied() throws IOException {
        byte[] l1 = file.read("L1 table", header.l1Offset(), (long) header.l1Size() * Long.BYTES);
        ByteBuffer entries = ByteBuffer.wrap(l1);
        for (int i = 0; i < header.l1Size(); i++) {
            long table = entries.getLong(i * Long.BYTES) & Geometry.OFFSET;
            if (table != 0) {
                byte[] bytes = file.read("L2 table", table, geometry.clusterBytes());
                if (markCopied(ByteBuffer.wrap(bytes), geometry.entryWords() * Long.BYTES)) {
                    file.write(table, bytes);
                }
            }
        }
        if (markCopied(entries, Long.BYTES)) {
            file.write(header.l1Offset(), l1);
        }
    }

    private boolean markCopied(ByteBuffer entries, int step) {
        boolean changed = false;
        for (int at = 0; at < entries.capacity(); at += step) {
            long entry = entries.getLong(at);
            long offset = entry & Geometry.OFFSET;
            if ((entry & Geometry.COMPRESSED) != 0 || offset == 0) {
                continue;
            }
            boolean once = references.get(offset >>> geometry.clusterBits()) == 1;
            long right = once ? entry | Geometry.COPIED : entry & ~Geometry.COPIED;
            changed |= right != entry;
            entries.putLong(at, right);
        }
        return changed;
    }

    private void rebuild() throws IOException {
        int perBlock = geometry.refcountBlockEntries();
        long start = geometry.clusters(file.size());
        long own = 1;
        while (true) {
            long end = start + own;
            long entries = (end + perBlock - 1) / perBlock;
            if (entries > Header.MAX_REFCOUNT_TABLE_BYTES / Long.BYTES) {
                throw new IOException("the image's reference counts do not fit into a table: the file is too large");
            }
            long blocks = blocks(start, end);
            long tableClusters = geometry.clusters(entries * Long.BYTES);
            if (blocks + tableClusters <= own) {
                write(start, (int) tableClusters, own);
                return;
            }
            own = blocks + tableClusters;
        }
    }

    /// How many blocks have a count that is not zero.
    private long blocks(long start, long end) {
        int perBlock = geometry.refcountBlockEntries();
        long blocks = 0;
        for (long first = 0; first < end; first += perBlock) {
            blocks += first + perBlock > start || references.any(first, perBlock) ? 1 : 0;
        }
        return blocks;
    }

    private void write(long start, int tableClusters, long own) throws IOException {
        int perBlock = geometry.refcountBlockEntries();
        long tableOffset = start << geometry.clusterBits();
        references.add(tableOffset, own << geometry.clusterBits(), 1);
        file.growToExactly((start + own) << geometry.clusterBits());
        ByteBuffer table = ByteBuffer.allocate(tableClusters << geometry.clusterBits());
        long place = start + tableClusters;
        for (long first = 0; first < start + own; first += perBlock) {
            if (references.any(first, perBlock)) {
                table.putLong((int) (first / perBlock) * Long.BYTES, place << geometry.clusterBits());
                file.write(place << geometry.clusterBits(), block(first));
                place++;
            }
        }
        file.write(tableOffset, table.array());
        markCopied();
        file.flush();
        header.change(file, h -> {
            h.refcountTable(tableOffset, tableClusters);
            h.feature(Feature.DIRTY, false);
        });
        file.flush();
    }

    private byte[] block(long first) throws IOException {
        byte[] bytes = new byte[geometry.clusterBytes()];
        var block = new RefcountBlock(0, 0, geometry.refcountOrder(), bytes);
        for (int i = 0; i < geometry.refcountBlockEntries(); i++) {
            int count = references.get(first + i);
            if (count > geometry.maxRefcount()) {
                throw new IOException("cluster " + (first + i) + " has more references than its count can say");
            }
            block.set(i, count);
        }
        return bytes;
    }
}
