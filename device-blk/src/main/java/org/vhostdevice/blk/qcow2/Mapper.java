package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import org.vhostdevice.blk.qcow2.Mapping.Kind;

/// Finds out what ranges of the disk are. Under the image's lock.
final class Mapper {
    private final ImageContext image;
    private final Geometry geometry;
    private final L2Tables tables;

    Mapper(ImageContext image, L2Tables tables) {
        this.image = image;
        this.geometry = image.geometry();
        this.tables = tables;
    }

    /// What a range begins with: the longest piece of one kind that one L2 table tells of.
    Mapping map(long offset, long bytes) throws IOException {
        long limit = Math.min(bytes, geometry.l2Coverage() - (offset & (geometry.l2Coverage() - 1)));
        L2Table table = tables.load(geometry.l1Index(offset));
        if (table == null) {
            return new Mapping(Kind.UNALLOCATED, 0, limit);
        }
        Mapping found = piece(table, offset, limit);
        while (found.bytes() < limit) {
            Mapping next = piece(table, offset + found.bytes(), limit - found.bytes());
            if (!found.continuedBy(next)) {
                break;
            }
            found = found.with(next);
        }
        return found;
    }

    /// The part of a range that lies in its first cluster or, with subclusters, in its first subcluster.
    private Mapping piece(L2Table table, long offset, long limit) throws IOException {
        int i = geometry.l2Index(offset);
        long entry = table.entry(i);
        int within = geometry.inCluster(offset);
        if ((entry & Geometry.COMPRESSED) != 0) {
            return new Mapping(Kind.COMPRESSED, entry, Math.min(limit, geometry.clusterBytes() - within));
        }
        if (!geometry.extended()) {
            Kind kind = kind(entry, offset);
            long at = kind == Kind.DATA ? host(entry, offset) + within : 0;
            return new Mapping(kind, at, Math.min(limit, geometry.clusterBytes() - within));
        }
        int sub = geometry.subclusterBytes();
        Kind kind = subclusterKind(entry, table.bitmap(i), within / sub, offset);
        long at = kind == Kind.DATA ? host(entry, offset) + within : 0;
        return new Mapping(kind, at, Math.min(limit, sub - within % sub));
    }

    private Kind kind(long entry, long offset) throws IOException {
        if ((entry & Geometry.ZERO) != 0) {
            if (geometry.version() < 3) {
                throw image.corruption().report("the entry for byte " + offset + " reads as zeros, in version 2");
            }
            return Kind.ZERO;
        }
        return (entry & Geometry.OFFSET) == 0 ? Kind.UNALLOCATED : Kind.DATA;
    }

    private Kind subclusterKind(long entry, long bitmap, int sub, long offset) throws IOException {
        boolean data = (bitmap >>> sub & 1) != 0;
        boolean zero = (bitmap >>> (sub + Geometry.SUBCLUSTERS) & 1) != 0;
        if (data && (zero || (entry & Geometry.OFFSET) == 0)) {
            throw image.corruption().report("the subcluster at byte " + offset + " is both data and none");
        }
        if (zero) {
            return Kind.ZERO;
        }
        return data ? Kind.DATA : Kind.UNALLOCATED;
    }

    /// The cluster that an entry names, checked.
    private long host(long entry, long offset) throws IOException {
        long host = entry & Geometry.OFFSET;
        if (!geometry.aligned(host) || host >= image.file().size()) {
            throw image.corruption().report("byte " + offset + " of the disk lies at " + host + " of the file");
        }
        return host;
    }
}
