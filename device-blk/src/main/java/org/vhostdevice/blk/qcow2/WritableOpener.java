package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.file.Path;

/// Makes an image ready to be written.
final class WritableOpener {
    private static final System.Logger LOG = System.getLogger(WritableOpener.class.getName());

    private final ImageContext image;
    private final Geometry geometry;
    private final MetadataPlaces places;

    private WritableOpener(ImageContext image) {
        this.image = image;
        this.geometry = image.geometry();
        this.places = new MetadataPlaces(geometry.clusterBits());
    }

    /// Refuses an image that must not be written; clears what only an unchanged image may say of itself; repairs
    /// reference counts that may be wrong.
    ///
    /// @param path of the image, for messages
    static void prepare(Path path, ImageContext image, SnapshotTable snapshots) throws IOException {
        Header header = image.header();
        HostFile file = image.file();
        if (header.has(Feature.CORRUPT)) {
            throw new IOException(
                    "the image is marked as corrupt: open it read-only," + " or repair it with qemu-img check -r all");
        }
        long whole = image.geometry().clusters(file.size()) << image.geometry().clusterBits();
        file.growToExactly(whole);
        if (header.autoclear() != 0) {
            header.change(file, Header::clearAutoclear);
            file.flush();
        }
        if (header.has(Feature.DIRTY)) {
            repair(path, image, snapshots);
        }
    }

    /// Where counts are written in time, clusters that are lost are all that can be wrong: such an image is used as it
    /// is if it is too large.
    private static void repair(Path path, ImageContext image, SnapshotTable snapshots) throws IOException {
        try {
            Repair.run(image.file(), image.header(), snapshots);
        } catch (References.TooManyException e) {
            if (image.header().lazyRefcounts()) {
                throw e;
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    "image " + path + " was not closed, and its lost clusters stay lost: " + e.getMessage());
        }
    }

    /// Reads the tables of an image that is prepared.
    static WritableImage open(ImageContext image, L1Table l1, SnapshotTable snapshots, Qcow2Options options)
            throws IOException {
        var opener = new WritableOpener(image);
        var refcounts = new Refcounts(image, options.refcountCacheBytes());
        opener.findPlaces(l1, snapshots, refcounts);
        var allocator = new ClusterAllocator(image, refcounts, opener.places);
        var tables = new L2Tables(image, l1, refcounts, options.l2CacheBytes());
        var writer = new TableWriter(image, l1, tables, allocator, opener.places);
        return new WritableImage(image, l1, tables, writer, allocator, opener.places, refcounts);
    }

    private void findPlaces(L1Table l1, SnapshotTable snapshots, Refcounts refcounts) throws IOException {
        add("header", 0, geometry.clusterBytes());
        add("L1 table", l1.offset(), (long) l1.size() * Long.BYTES);
        add("refcount table", refcounts.offset(), refcounts.bytes());
        for (long block : refcounts.blocks()) {
            if (block != 0) {
                add("refcount block", block, geometry.clusterBytes());
            }
        }
        add("snapshot table", image.header().snapshotsOffset(), snapshots.bytes());
        for (SnapshotTable.L1 table : snapshots.tables()) {
            add("L1 table of a snapshot", table.offset(), (long) table.entries() * Long.BYTES);
        }
        for (int i = 0; i < l1.size(); i++) {
            long table = l1.get(i) & Geometry.OFFSET;
            if (table != 0) {
                add("L2 table", table, geometry.clusterBytes());
            }
        }
    }

    private void add(String what, long offset, long bytes) throws IOException {
        if (!geometry.aligned(offset) || !image.file().holds(offset, bytes)) {
            throw new IOException("the image is corrupt: a " + what + " at " + offset + " cannot be there");
        }
        if (!places.add(offset, bytes)) {
            throw new IOException("the image is corrupt: a " + what + " at " + offset + " lies over other metadata");
        }
    }
}
