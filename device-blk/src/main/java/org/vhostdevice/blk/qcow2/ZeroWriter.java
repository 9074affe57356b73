package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/// Makes ranges of the disk read as zeros, as far as entries can say that: whole clusters, or whole subclusters where
/// there are any. Any thread.
final class ZeroWriter {
    private static final long ALL = 0xffff_ffffL << Geometry.SUBCLUSTERS;

    private final WritableImage writable;
    private final ImageContext image;
    private final Geometry geometry;
    private final Lock lock;
    private final Backing backing;
    private final WriteSlots slots;
    private final Committer committer;

    ZeroWriter(WritableImage writable, Backing backing, WriteSlots slots, Committer committer) {
        this.writable = writable;
        this.image = writable.image();
        this.geometry = image.geometry();
        this.lock = image.lock();
        this.backing = backing;
        this.slots = slots;
        this.committer = committer;
    }

    /// The smallest range that an entry can say is zeros.
    int unit() {
        return geometry.extended() ? geometry.subclusterBytes() : geometry.clusterBytes();
    }

    /// Makes the first bytes of a range zeros.
    ///
    /// @param offset of the range, a multiple of [#unit]
    /// @param bytes of the range, a multiple of [#unit]
    /// @param unmap whether the file's clusters are given up
    /// @return how many are zeros now; 0 if the first unit can only be written
    long zero(long offset, long bytes, boolean unmap) throws IOException {
        committer.throttle();
        long limit = Math.min(bytes, geometry.l2Coverage() - (offset & (geometry.l2Coverage() - 1)));
        lock.lock();
        try {
            boolean _ = slots.awaitNone(offset, offset + limit);
            L2Table table = writable.tables().load(geometry.l1Index(offset));
            image.corruption().refuseIfFound();
            if (table == null && !backed(offset, limit)) {
                return limit;
            }
            long done = 0;
            for (long part = 1; part > 0 && done < limit; done += part) {
                part = zeroCluster(table, offset + done, limit - done, unmap);
                table = writable.tables().cached(geometry.l1Index(offset));
            }
            return done;
        } finally {
            lock.unlock();
        }
    }

    private long zeroCluster(@Nullable L2Table found, long offset, long limit, boolean unmap) throws IOException {
        int within = geometry.inCluster(offset);
        long bytes = Math.min(limit, geometry.clusterBytes() - within);
        boolean whole = bytes == geometry.clusterBytes();
        int i = geometry.l2Index(offset);
        boolean hidden = backed(offset, bytes);
        long entry = found == null ? 0 : found.entry(i);
        long bitmap = found == null || !geometry.extended() ? 0 : found.bitmap(i);
        if (entry == 0 && (bitmap >>> Geometry.SUBCLUSTERS) == 0 && (int) bitmap == 0 && !hidden) {
            return bytes;
        }
        if ((geometry.version() < 3 && hidden) || (!whole && (entry & Geometry.COMPRESSED) != 0)) {
            return 0;
        }
        L2Table table = writable.writer().forWrite(geometry.l1Index(offset));
        if (!whole) {
            zeroSubclusters(table, i, within / geometry.subclusterBytes(), (int) (bytes / geometry.subclusterBytes()));
            return bytes;
        }
        boolean keep = !unmap && geometry.version() >= 3 && (entry & Geometry.COPIED) != 0;
        if (geometry.extended()) {
            writable.writer().set(table, i, keep ? entry : 0, keep || hidden ? ALL : 0);
        } else {
            long zeros = keep || hidden ? Geometry.ZERO : 0;
            writable.writer().set(table, i, (keep ? entry : 0) | zeros, 0);
        }
        return bytes;
    }

    private void zeroSubclusters(L2Table table, int i, int first, int count) throws IOException {
        long which = ((1L << count) - 1) << first;
        long bitmap = (table.bitmap(i) & ~which) | (which << Geometry.SUBCLUSTERS);
        long entry = (int) bitmap == 0 ? 0 : table.entry(i);
        writable.writer().set(table, i, entry, bitmap);
    }

    /// Whether the backing file has anything behind an offset.
    private boolean backed(long offset, long bytes) {
        return bytes > 0 && offset < backing.size();
    }
}
