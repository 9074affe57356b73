package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The L2 tables of the active L1 table. Under the image's lock, but for [#cached].
final class L2Tables {
    private final ImageContext image;
    private final Geometry geometry;
    private final L1Table l1;
    private final @Nullable Refcounts refcounts;
    private final MetadataCache<L2Table> cache;

    /// The tables of an image.
    ///
    /// @param refcounts what tables are checked against when they are loaded, null if the image is not written
    L2Tables(ImageContext image, L1Table l1, @Nullable Refcounts refcounts, long cacheBytes) {
        this.image = image;
        this.geometry = image.geometry();
        this.l1 = l1;
        this.refcounts = refcounts;
        this.cache = new MetadataCache<>(l1.size(), cacheBytes, geometry.clusterBytes());
    }

    MetadataCache<L2Table> cache() {
        return cache;
    }

    /// A table, if it is in memory. Any thread; never waits.
    @Nullable
    L2Table cached(int l1Index) {
        return cache.get(l1Index);
    }

    /// A table, or null if there is none.
    @Nullable
    L2Table load(int l1Index) throws IOException {
        L2Table found = cache.get(l1Index);
        if (found != null) {
            return found;
        }
        long entry = l1.get(l1Index);
        long at = entry & Geometry.OFFSET;
        if (at == 0) {
            return null;
        }
        if (!geometry.aligned(at) || !image.file().holds(at, geometry.clusterBytes())) {
            throw image.corruption().report("L2 table " + l1Index + " lies at " + at + " of the file");
        }
        byte[] bytes = image.file().read("L2 table", at, geometry.clusterBytes());
        L2Table table = L2Table.of(l1Index, at, geometry, bytes);
        if (refcounts != null) {
            check(refcounts, table, entry);
        }
        cache.put(table);
        return table;
    }

    /// Finds tables and clusters that say that they are referenced once but are not: written in place, they would
    /// change a snapshot or what is allocated anew. They can be read all the same.
    private void check(Refcounts counts, L2Table table, long l1Entry) throws IOException {
        checkCopied(counts, l1Entry);
        for (int i = 0; i < geometry.l2Entries(); i++) {
            long entry = table.entry(i);
            if ((entry & Geometry.COMPRESSED) == 0) {
                checkCopied(counts, entry);
            }
        }
    }

    private void checkCopied(Refcounts counts, long entry) throws IOException {
        long offset = entry & Geometry.OFFSET;
        if ((entry & Geometry.COPIED) == 0 || offset == 0) {
            return;
        }
        long count = counts.get(offset >>> geometry.clusterBits());
        if (count != 1) {
            IOException _ = image.corruption()
                    .report("the cluster at " + offset + " has " + count + " references, where its entry says one");
        }
    }
}
