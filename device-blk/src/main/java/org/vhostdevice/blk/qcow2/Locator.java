package org.vhostdevice.blk.qcow2;

import org.vhostdevice.blk.storage.DirectStorage;

/// Finds ranges that are plain data in one piece of the file, by tables that are in memory. Any thread; neither locks
/// nor allocates.
final class Locator {
    private static final long NOWHERE = DirectStorage.ELSEWHERE;

    private final ImageContext image;
    private final Geometry geometry;
    private final L2Tables tables;
    private final MetadataPlaces places;

    Locator(ImageContext image, L2Tables tables, MetadataPlaces places) {
        this.image = image;
        this.geometry = image.geometry();
        this.tables = tables;
        this.places = places;
    }

    /// The offset in the file of a range of the disk, or [DirectStorage#ELSEWHERE].
    long locate(long offset, long bytes, boolean write) {
        if (write && image.corruption().isFound()) {
            return NOWHERE;
        }
        long start = NOWHERE;
        for (long done = 0; done < bytes; ) {
            long at = offset + done;
            long part = Math.min(bytes - done, geometry.clusterBytes() - geometry.inCluster(at));
            long host = cluster(at, part, write);
            if (host == NOWHERE || (done > 0 && host != start + done)) {
                return NOWHERE;
            }
            start = done == 0 ? host : start;
            done += part;
        }
        return image.file().holds(start, bytes) ? start : NOWHERE;
    }

    private long cluster(long offset, long bytes, boolean write) {
        L2Table table = tables.cached(geometry.l1Index(offset));
        if (table == null) {
            return NOWHERE;
        }
        int i = geometry.l2Index(offset);
        long entry = table.entry(i);
        long host = entry & Geometry.OFFSET;
        if ((entry & (Geometry.COMPRESSED | Geometry.ZERO)) != 0 || host == 0 || !geometry.aligned(host)) {
            return NOWHERE;
        }
        if (write && ((entry & Geometry.COPIED) == 0 || places.contains(host))) {
            return NOWHERE;
        }
        int within = geometry.inCluster(offset);
        return geometry.extended() && !allocated(table, i, entry, within, bytes) ? NOWHERE : host + within;
    }

    private boolean allocated(L2Table table, int i, long entry, int within, long bytes) {
        int first = within / geometry.subclusterBytes();
        int last = (int) ((within + bytes - 1) / geometry.subclusterBytes());
        long wanted = (1L << (last + 1)) - (1L << first);
        long bitmap = table.bitmap(i);
        return table.entry(i) == entry
                && (bitmap & wanted) == wanted
                && (bitmap >>> Geometry.SUBCLUSTERS & wanted) == 0;
    }
}
