package org.vhostdevice.blk.qcow2;

import java.io.IOException;

/// Makes the disk of an image larger.
final class Grower {
    private final WritableImage writable;
    private final ImageContext image;
    private final Geometry geometry;
    private final Committer committer;

    Grower(WritableImage writable, Committer committer) {
        this.writable = writable;
        this.image = writable.image();
        this.geometry = image.geometry();
        this.committer = committer;
    }

    /// Makes a range of the disk zeros.
    @FunctionalInterface
    interface Zeros {
        void write(long from, long to) throws IOException;
    }

    /// Makes room in the L1 table, then zeros of what the disk will have, and then says its new size, each durable
    /// before the next.
    void grow(long from, long to, Zeros zeros) throws IOException {
        long coverage = geometry.l2Coverage();
        long entries = to / coverage + (to % coverage == 0 ? 0 : 1);
        if (entries > Header.MAX_L1_BYTES / Long.BYTES) {
            throw new IOException("the disk cannot have " + to + " bytes: with clusters of " + geometry.clusterBytes()
                    + " bytes the most is " + Header.MAX_L1_BYTES / Long.BYTES * coverage);
        }
        committer.alone(commit -> makeRoom(from, (int) entries, commit));
        zeros.write(from, to);
        committer.alone(commit -> {
            image.header().change(image.file(), header -> header.size(to));
            image.file().flush();
        });
    }

    private void makeRoom(long from, int entries, Committer.Step commit) throws IOException {
        L1Table l1 = writable.l1();
        long coverage = geometry.l2Coverage();
        for (int i = (int) ((from + coverage - 1) / coverage); i < Math.min(entries, l1.size()); i++) {
            if (l1.get(i) != 0) {
                throw new IOException("the disk cannot grow: the image keeps the state of a machine behind it");
            }
        }
        if (entries <= l1.size()) {
            return;
        }
        long old = l1.offset();
        long oldBytes = (long) l1.size() * Long.BYTES;
        int clusters = (int) geometry.clusters((long) entries * Long.BYTES);
        long at = writable.allocator().allocateMetadata(clusters);
        commit.run();
        l1.move(at, entries);
        image.file().write(at, l1.bytes(clusters << geometry.clusterBits()));
        image.file().flush();
        image.header().change(image.file(), header -> header.l1(at, entries));
        image.file().flush();
        writable.tables().cache().grow(entries);
        writable.places().remove(old, oldBytes);
        if (oldBytes > 0) {
            writable.allocator().free(new Freed(old, geometry.clusters(oldBytes)));
        }
    }
}
