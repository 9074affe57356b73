package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.storage.DirectStorage;

/// Decides where a range of the disk is written. Under the image's lock.
final class WritePlanner {
    private static final int MOST_CLUSTERS = 4096;

    private final ImageContext image;
    private final Geometry geometry;
    private final L2Tables tables;
    private final TableWriter writer;
    private final ClusterAllocator allocator;
    private final MetadataPlaces places;
    private final Locator locator;
    private final WriteSlots slots;

    WritePlanner(WritableImage writable, Locator locator, WriteSlots slots) {
        this.image = writable.image();
        this.geometry = image.geometry();
        this.tables = writable.tables();
        this.writer = writable.writer();
        this.allocator = writable.allocator();
        this.places = writable.places();
        this.locator = locator;
        this.slots = slots;
    }

    /// Where the first bytes of a range go.
    ///
    /// @param host the offset in the file of the first
    /// @param bytes how many
    /// @param slot the entries that are to be changed then, null if the bytes have their place already
    record Plan(long host, long bytes, @Nullable WriteSlot slot) {}

    Plan plan(long offset, long bytes) throws IOException {
        long limit = Math.min(bytes, geometry.l2Coverage() - (offset & (geometry.l2Coverage() - 1)));
        while (true) {
            image.corruption().refuseIfFound();
            L2Table _ = tables.load(geometry.l1Index(offset));
            Plan inPlace = inPlace(offset, limit);
            if (inPlace != null) {
                return inPlace;
            }
            if (!slots.awaitNone(offset, offset + 1)) {
                return allocate(offset, limit);
            }
        }
    }

    private @Nullable Plan inPlace(long offset, long limit) {
        long first = part(offset, limit);
        long host = locator.locate(offset, first, true);
        if (host == DirectStorage.ELSEWHERE) {
            return null;
        }
        long done = first;
        while (done < limit) {
            long part = part(offset + done, limit - done);
            if (locator.locate(offset + done, part, true) != host + done) {
                break;
            }
            done += part;
        }
        return new Plan(host, done, null);
    }

    /// Chooses a new place, or the one that is kept already.
    private Plan allocate(long offset, long limit) throws IOException {
        L2Table table = writer.forWrite(geometry.l1Index(offset));
        int i = geometry.l2Index(offset);
        long entry = table.entry(i);
        boolean own = ownPlace(entry);
        ClusterAllocator.Run run = own
                ? new ClusterAllocator.Run(entry & Geometry.OFFSET, 1, false)
                : allocator.allocate(clustersWithoutPlace(offset, limit));
        int within = geometry.inCluster(offset);
        long disk = offset - within;
        long count = Math.min(limit, ((long) run.clusters() << geometry.clusterBits()) - within);
        long end = offset + count;
        long diskEnd = disk + ((long) run.clusters() << geometry.clusterBits());
        WriteSlot slot = new WriteSlot(
                disk,
                run,
                own,
                geometry.extended() ? validFrom(table, offset, disk, own) : disk,
                geometry.extended() ? validTo(table, end, diskEnd, own) : diskEnd);
        slots.add(slot);
        return new Plan(run.offset() + within, count, slot);
    }

    /// Whether an entry names a cluster of its own that is to be filled and then used.
    private boolean ownPlace(long entry) throws IOException {
        long host = entry & Geometry.OFFSET;
        if ((entry & Geometry.COPIED) == 0 || (entry & Geometry.COMPRESSED) != 0 || host == 0) {
            return false;
        }
        boolean waiting = geometry.extended() || (geometry.version() >= 3 && (entry & Geometry.ZERO) != 0);
        boolean possible = geometry.aligned(host) && image.file().holds(host, geometry.clusterBytes());
        if (!waiting || !possible || places.contains(host)) {
            throw image.corruption().report("data lies at " + host + " of the file, where it cannot be");
        }
        return true;
    }

    private int clustersWithoutPlace(long offset, long limit) {
        int count = 1;
        long end = offset + limit;
        long at = offset - geometry.inCluster(offset) + geometry.clusterBytes();
        L2Table table = tables.cached(geometry.l1Index(offset));
        while (table != null
                && at < end
                && count < MOST_CLUSTERS
                && (table.entry(geometry.l2Index(at)) & Geometry.COPIED) == 0
                && !slots.overlap(at, at + 1)) {
            count++;
            at += geometry.clusterBytes();
        }
        return count;
    }

    private long validFrom(L2Table table, long offset, long disk, boolean own) {
        if (moves(table, offset, own)) {
            return disk;
        }
        return own && hasData(table, offset) ? offset : offset & -geometry.subclusterBytes();
    }

    private long validTo(L2Table table, long end, long diskEnd, boolean own) {
        if (moves(table, end - 1, own)) {
            return Math.min(diskEnd, (end - 1 & -geometry.clusterBytes()) + geometry.clusterBytes());
        }
        int sub = geometry.subclusterBytes();
        return own && hasData(table, end - 1) ? end : (end + sub - 1) & -sub;
    }

    /// Whether a cluster has data elsewhere, which then is copied as a whole.
    private boolean moves(L2Table table, long offset, boolean own) {
        int i = geometry.l2Index(offset);
        return !own && ((table.entry(i) & Geometry.COMPRESSED) != 0 || (int) table.bitmap(i) != 0);
    }

    private boolean hasData(L2Table table, long offset) {
        int sub = geometry.inCluster(offset) / geometry.subclusterBytes();
        return (table.bitmap(geometry.l2Index(offset)) >>> sub & 1) != 0;
    }

    private long part(long offset, long limit) {
        return Math.min(limit, geometry.clusterBytes() - geometry.inCluster(offset));
    }
}
