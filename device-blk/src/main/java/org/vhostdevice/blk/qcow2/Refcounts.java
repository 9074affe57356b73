package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The reference counts of the clusters in the file: the refcount table and its blocks. Under the image's lock.
///
/// Counts of clusters whose block does not exist are zero. A table that becomes too small is made larger in memory at
/// once; it is the caller's to give it a place in the file ([#unplacedBytes], [#place]).
final class Refcounts {
    private final ImageContext image;
    private final Geometry geometry;
    private final MetadataCache<RefcountBlock> cache;
    private long[] table;
    private long offset;
    private int placed; // entries that the place in the file has
    private boolean moved;
    private int dirtyFrom = Integer.MAX_VALUE;
    private int dirtyTo;

    /// The counts of an image that is being opened.
    Refcounts(ImageContext image, long cacheBytes) throws IOException {
        Header header = image.header();
        this.image = image;
        this.geometry = image.geometry();
        this.offset = header.refcountTableOffset();
        this.placed = (header.refcountTableClusters() << geometry.clusterBits()) / Long.BYTES;
        if (placed == 0 || offset == 0) {
            throw new IOException("the image has no refcount table");
        }
        this.table = image.file().readLongs("refcount table", offset, placed);
        this.cache = new MetadataCache<>(table.length, cacheBytes, geometry.clusterBytes());
    }

    MetadataCache<RefcountBlock> cache() {
        return cache;
    }

    /// Where blocks are in the file; 0 for those that are not.
    long[] blocks() {
        return table;
    }

    long offset() {
        return offset;
    }

    /// Bytes of the table in the file.
    long bytes() {
        return (long) placed * Long.BYTES;
    }

    long get(long cluster) throws IOException {
        RefcountBlock block = block(cluster);
        return block == null ? 0 : block.get(indexInBlock(cluster));
    }

    /// Changes a count, whose block exists.
    void set(long cluster, long count) throws IOException {
        RefcountBlock block = block(cluster);
        if (block == null) {
            throw image.corruption().report("cluster " + cluster + " has no reference count");
        }
        int i = indexInBlock(cluster);
        block.set(i, count);
        cache.changed(block, block.position(i), block.position(i) + 1);
    }

    boolean hasBlock(long cluster) {
        long index = cluster >>> geometry.refcountBlockBits();
        return index < table.length && table[(int) index] != 0;
    }

    /// Lets the table have an entry for a cluster.
    ///
    /// @throws IOException if no table is large enough
    void reach(long cluster) throws IOException {
        long index = cluster >>> geometry.refcountBlockBits();
        if (index < table.length) {
            return;
        }
        long most = Header.MAX_REFCOUNT_TABLE_BYTES / Long.BYTES;
        if (index >= most) {
            throw new IOException("the image is full: its refcount table cannot be larger");
        }
        int perCluster = geometry.clusterBytes() / Long.BYTES;
        long wanted = Math.max(index + 1, table.length + table.length / 2);
        int entries = (int) Math.min(most, (wanted + perCluster - 1) / perCluster * perCluster);
        table = Arrays.copyOf(table, entries);
        cache.grow(entries);
    }

    /// Makes a block of zeros for a cluster.
    ///
    /// @param at its own place in the file
    void addBlock(long cluster, long at) {
        int index = (int) (cluster >>> geometry.refcountBlockBits());
        var block = new RefcountBlock(index, at, geometry.refcountOrder(), new byte[geometry.clusterBytes()]);
        cache.put(block);
        cache.changed(block, 0, geometry.clusterBytes());
        table[index] = at;
        dirtyFrom = Math.min(dirtyFrom, index);
        dirtyTo = Math.max(dirtyTo, index + 1);
    }

    /// Bytes that the table needs at another place, 0 if its place is large enough.
    int unplacedBytes() {
        return table.length > placed ? table.length * Long.BYTES : 0;
    }

    void place(long at) {
        offset = at;
        placed = table.length;
        moved = true;
    }

    /// Whether the table has another place than the header says.
    boolean unwrittenMove() {
        return moved;
    }

    /// What has changed in the table since the last call, and where it is.
    ///
    /// @param writes of the table
    /// @param moved whether the header is to name its new place
    /// @param offset of the table
    /// @param clusters of the table
    record TableChange(List<PendingWrite> writes, boolean moved, long offset, int clusters) {
        boolean any() {
            return !writes.isEmpty();
        }

        static TableChange none() {
            return new TableChange(List.of(), false, 0, 0);
        }
    }

    /// Takes the changes of the table, to be written.
    TableChange takeTable() {
        if (!moved && dirtyFrom >= dirtyTo) {
            return TableChange.none();
        }
        int perSector = HostFile.SECTOR / Long.BYTES;
        int from = moved ? 0 : dirtyFrom & -perSector;
        int to = moved ? table.length : (dirtyTo + perSector - 1) & -perSector;
        ByteBuffer bytes = ByteBuffer.allocate((to - from) * Long.BYTES);
        bytes.asLongBuffer().put(table, from, to - from);
        var write = new PendingWrite(offset + (long) from * Long.BYTES, bytes.array());
        var change =
                new TableChange(List.of(write), moved, offset, (int) geometry.clusters((long) placed * Long.BYTES));
        moved = false;
        dirtyFrom = Integer.MAX_VALUE;
        dirtyTo = 0;
        return change;
    }

    private @Nullable RefcountBlock block(long cluster) throws IOException {
        if (!hasBlock(cluster)) {
            return null;
        }
        int index = (int) (cluster >>> geometry.refcountBlockBits());
        RefcountBlock found = cache.get(index);
        if (found != null) {
            return found;
        }
        long at = table[index];
        if (!geometry.aligned(at) || !image.file().holds(at, geometry.clusterBytes())) {
            throw image.corruption().report("refcount block " + index + " lies at " + at + " of the file");
        }
        byte[] bytes = image.file().read("refcount block", at, geometry.clusterBytes());
        var block = new RefcountBlock(index, at, geometry.refcountOrder(), bytes);
        cache.put(block);
        return block;
    }

    private int indexInBlock(long cluster) {
        return (int) cluster & (geometry.refcountBlockEntries() - 1);
    }
}
