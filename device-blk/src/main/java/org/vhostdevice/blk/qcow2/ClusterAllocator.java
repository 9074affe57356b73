package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Gives out clusters of the file and takes them back. Under the image's lock.
///
/// A reference that is given up counts until nothing on the disk or in flight can need it: first the tables that no
/// longer have it must be durable ([#takeFreed], [#committed]), then all uses that began before must be over.
final class ClusterAllocator {
    private static final int OFFSET_BITS = 56;

    private final ImageContext image;
    private final Geometry geometry;
    private final Refcounts refcounts;
    private final MetadataPlaces places;
    private final Uses<Freed> uses;
    private List<Freed> freed = new ArrayList<>();
    private long hint; // no cluster before this one is free
    private long fresh; // clusters from here on have never been used and read as zeros

    ClusterAllocator(ImageContext image, Refcounts refcounts, MetadataPlaces places) {
        this.image = image;
        this.geometry = image.geometry();
        this.refcounts = refcounts;
        this.places = places;
        this.uses = image.uses();
        this.fresh = geometry.clusters(image.file().size());
    }

    /// Clusters in one piece.
    ///
    /// @param offset of the first in the file
    /// @param clusters how many
    /// @param fresh whether they read as zeros
    record Run(long offset, int clusters, boolean fresh) {}

    /// Allocates up to so many clusters in one piece, at least one.
    Run allocate(int most) throws IOException {
        release();
        long first = find(hint, 1);
        int count = 1;
        while (count < most && refcounts.hasBlock(first + count) && refcounts.get(first + count) == 0) {
            count++;
        }
        Run run = take(first, count);
        hint = first + count;
        placeTable();
        return run;
    }

    /// Allocates so many clusters in one piece for metadata.
    ///
    /// @return the offset of the first
    long allocateMetadata(int count) throws IOException {
        release();
        long offset = takeMetadata(count);
        placeTable();
        return offset;
    }

    /// Gives up a reference to clusters, which a table that is not yet durable had until now.
    void free(Freed clusters) {
        Freed before = freed.isEmpty() ? null : freed.getLast();
        if (before != null && before.offset() + (before.clusters() << geometry.clusterBits()) == clusters.offset()) {
            freed.removeLast();
            freed.add(new Freed(before.offset(), before.clusters() + clusters.clusters()));
        } else {
            freed.add(clusters);
        }
    }

    /// Gives back clusters that nothing ever referred to.
    void giveBack(Run run) throws IOException {
        decrement(new Freed(run.offset, run.clusters));
    }

    /// Takes what was given up until now; [#committed] follows when all tables are durable as they are now.
    List<Freed> takeFreed() {
        List<Freed> taken = freed;
        freed = new ArrayList<>();
        return taken;
    }

    void committed(List<Freed> taken) {
        uses.retire(taken);
    }

    /// Lets clusters be allocated again that nothing needs any more, and gives their room back to the host.
    void release() throws IOException {
        for (Freed clusters : uses.released()) {
            decrement(clusters);
        }
    }

    /// The offset behind the last cluster in use, if it lies behind `least`.
    long endOfUse(long least) throws IOException {
        long cluster = geometry.clusters(image.file().size());
        while (cluster > geometry.clusters(least) && refcounts.get(cluster - 1) == 0) {
            cluster--;
        }
        return cluster << geometry.clusterBits();
    }

    private void decrement(Freed clusters) throws IOException {
        long first = clusters.offset() >>> geometry.clusterBits();
        long free = 0;
        for (long cluster = first; cluster < first + clusters.clusters(); cluster++) {
            long count = refcounts.get(cluster);
            if (count == 0) {
                throw image.corruption().report("cluster " + cluster + " was in use but has no references");
            }
            refcounts.set(cluster, count - 1);
            if (count == 1) {
                hint = Math.min(hint, cluster);
                free++;
            } else {
                discard(cluster, free);
                free = 0;
            }
        }
        discard(first + clusters.clusters(), free);
    }

    /// Gives the host back the room of clusters in front of one.
    private void discard(long end, long count) {
        if (count == 0) {
            return;
        }
        try {
            image.file().storage().discard((end - count) << geometry.clusterBits(), count << geometry.clusterBits());
        } catch (IOException e) {
            // They are free all the same, and will be written before they are read.
        }
    }

    private long takeMetadata(int count) throws IOException {
        Run run = take(find(hint, count), count);
        boolean _ = places.add(run.offset, (long) count << geometry.clusterBits());
        return run.offset;
    }

    /// Gives a refcount table that has become too small another place.
    private void placeTable() throws IOException {
        while (refcounts.unplacedBytes() > 0) {
            long old = refcounts.offset();
            long oldBytes = refcounts.bytes();
            int bytes = refcounts.unplacedBytes();
            long at = takeMetadata((int) geometry.clusters(bytes));
            if (refcounts.unplacedBytes() == bytes) {
                refcounts.place(at);
                places.remove(old, oldBytes);
                free(new Freed(old, geometry.clusters(oldBytes)));
            } else {
                places.remove(at, bytes); // it has grown meanwhile
                decrement(new Freed(at, geometry.clusters(bytes)));
            }
        }
    }

    /// Finds free clusters in one piece, all of which have a block of counts.
    private long find(long from, int count) throws IOException {
        long start = from;
        for (long cluster = from; cluster - start < count; ) {
            if (!refcounts.hasBlock(cluster)) {
                cluster = addBlocks(cluster, count);
                start = cluster;
                continue;
            }
            boolean used = refcounts.get(cluster) != 0;
            cluster++;
            start = used ? cluster : start;
        }
        return start;
    }

    /// Makes the blocks that `count` clusters behind them need, one after the other from a cluster on whose own block
    /// is missing.
    ///
    /// @return the cluster behind the new blocks, or behind one that is in their way
    private long addBlocks(long cluster, int count) throws IOException {
        int blocks = 1;
        while (missing(cluster, count + blocks) > blocks) {
            blocks++;
        }
        for (long next = cluster; next < cluster + blocks; next++) {
            if (refcounts.get(next) != 0) {
                blocks = (int) Math.max(1, next - cluster); // enough for a start; the search goes on behind
                break;
            }
        }
        requireUnused(cluster, blocks);
        long end = cluster + blocks + count;
        refcounts.reach(end);
        grow(cluster + blocks);
        long place = cluster;
        for (long next = cluster; next < end && place < cluster + blocks; next = nextBlock(next)) {
            if (!refcounts.hasBlock(next)) {
                refcounts.addBlock(next, place << geometry.clusterBits());
                place++;
            }
        }
        for (long next = cluster; next < place; next++) {
            refcounts.set(next, 1);
        }
        boolean _ = places.add(cluster << geometry.clusterBits(), (place - cluster) << geometry.clusterBits());
        fresh = Math.max(fresh, place);
        return place;
    }

    private int missing(long cluster, int count) {
        int missing = 0;
        for (long next = cluster; next < cluster + count; next = nextBlock(next)) {
            missing += refcounts.hasBlock(next) ? 0 : 1;
        }
        return missing;
    }

    private long nextBlock(long cluster) {
        return (cluster | (geometry.refcountBlockEntries() - 1)) + 1;
    }

    private Run take(long first, int count) throws IOException {
        requireUnused(first, count);
        grow(first + count);
        for (long cluster = first; cluster < first + count; cluster++) {
            refcounts.set(cluster, 1);
        }
        boolean isFresh = first >= fresh;
        fresh = Math.max(fresh, first + count);
        return new Run(first << geometry.clusterBits(), count, isFresh);
    }

    private void grow(long end) throws IOException {
        if (end > 1L << (OFFSET_BITS - geometry.clusterBits())) {
            throw new IOException("the image is full: entries cannot name clusters that far in the file");
        }
        image.file().growTo(end << geometry.clusterBits());
    }

    private void requireUnused(long first, int count) throws IOException {
        for (long cluster = first; cluster < first + count; cluster++) {
            if (places.contains(cluster << geometry.clusterBits())) {
                throw image.corruption().report("cluster " + cluster + " holds metadata but has no references");
            }
        }
    }
}
