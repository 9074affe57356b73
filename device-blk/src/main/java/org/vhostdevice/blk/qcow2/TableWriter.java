package org.vhostdevice.blk.qcow2;

import java.io.IOException;

/// Changes L2 entries. Under the image's lock.
final class TableWriter {
    private final ImageContext image;
    private final Geometry geometry;
    private final L1Table l1;
    private final L2Tables tables;
    private final ClusterAllocator allocator;
    private final MetadataPlaces places;

    TableWriter(ImageContext image, L1Table l1, L2Tables tables, ClusterAllocator allocator, MetadataPlaces places) {
        this.image = image;
        this.geometry = image.geometry();
        this.l1 = l1;
        this.tables = tables;
        this.allocator = allocator;
        this.places = places;
    }

    /// A table whose entries may be changed: a new one if there is none, a copy if snapshots have it too.
    L2Table forWrite(int l1Index) throws IOException {
        L2Table old = tables.load(l1Index);
        image.corruption().refuseIfFound();
        if (old != null && (l1.get(l1Index) & Geometry.COPIED) != 0) {
            return old;
        }
        long at = allocator.allocateMetadata(1);
        L2Table table = old == null ? new L2Table(l1Index, at, geometry) : old.copy(at, geometry);
        tables.cache().put(table);
        tables.cache().changed(table, 0, geometry.clusterBytes());
        l1.set(l1Index, at | Geometry.COPIED);
        if (old != null) {
            places.remove(old.offset(), geometry.clusterBytes());
            allocator.free(new Freed(old.offset(), 1));
        }
        return table;
    }

    /// Refuses to give up what an entry names if that is no data.
    private void requireData(long entry) throws IOException {
        boolean compressed = (entry & Geometry.COMPRESSED) != 0;
        long offset = compressed ? geometry.compressedOffset(entry) : entry & Geometry.OFFSET;
        if (!compressed && offset == 0) {
            return;
        }
        long last = compressed ? offset + geometry.compressedBytes(entry) - 1 : offset;
        if (places.contains(offset)
                || places.contains(last)
                || offset >= image.file().size()
                || !(compressed || geometry.aligned(offset))) {
            throw image.corruption().report("an entry names byte " + offset + " of the file, where no data can be");
        }
    }

    /// Changes an entry, and gives up the cluster that it named before.
    void set(L2Table table, int i, long entry, long bitmap) throws IOException {
        long old = table.entry(i);
        requireData(old);
        table.set(i, entry, bitmap);
        int position = table.position(i);
        tables.cache().changed(table, position, position + geometry.entryWords() * Long.BYTES);
        if ((old & Geometry.COMPRESSED) != 0) {
            long offset = geometry.compressedOffset(old);
            long last = offset + geometry.compressedBytes(old) - 1;
            long first = offset & -geometry.clusterBytes();
            allocator.free(new Freed(first, ((last - first) >>> geometry.clusterBits()) + 1));
        } else if ((old & Geometry.OFFSET) != 0 && (old & Geometry.OFFSET) != (entry & Geometry.OFFSET)) {
            allocator.free(new Freed(old & Geometry.OFFSET, 1));
        }
    }
}
