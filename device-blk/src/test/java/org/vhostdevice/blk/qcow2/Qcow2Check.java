package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.blk.storage.Storage;

/// Compares an image's reference counts and flags with what its tables refer to.
///
/// @param errors what is wrong
/// @param leaks clusters that count more references than they have
record Qcow2Check(List<String> errors, long leaks) {
    static Qcow2Check of(Storage storage) throws IOException {
        var file = new HostFile(storage);
        Header header = Header.read(file);
        References found = ReferenceWalk.count(file, header, SnapshotTable.read(file, header));
        ImageContext image = ImageContext.of(ImageModel.PATH, file, header, false);
        var counts = new Refcounts(image, 1 << 20);
        found.add(counts.offset(), counts.bytes(), 1);
        for (long block : counts.blocks()) {
            if (block != 0) {
                found.add(block, header.geometry().clusterBytes(), 1);
            }
        }
        List<String> errors = new ArrayList<>();
        long leaks = 0;
        long end = Math.max(found.end(), header.geometry().clusters(file.size()));
        for (long cluster = 0; cluster < end; cluster++) {
            long count = counts.get(cluster);
            if (count < found.get(cluster)) {
                errors.add("cluster " + cluster + " counts " + count + " of " + found.get(cluster));
            }
            leaks += count > found.get(cluster) ? 1 : 0;
        }
        copied(file, header, counts, errors);
        return new Qcow2Check(errors, leaks);
    }

    private static void copied(HostFile file, Header header, Refcounts counts, List<String> errors) throws IOException {
        Geometry geometry = header.geometry();
        for (long entry : file.readLongs("L1 table", header.l1Offset(), header.l1Size())) {
            long at = entry & Geometry.OFFSET;
            if (at == 0) {
                continue;
            }
            copied("L1", entry, geometry, counts, errors);
            ByteBuffer table = ByteBuffer.wrap(file.read("L2 table", at, geometry.clusterBytes()));
            for (int i = 0; i < geometry.l2Entries(); i++) {
                long l2 = table.getLong(i * geometry.entryWords() * Long.BYTES);
                if ((l2 & Geometry.COMPRESSED) == 0 && (l2 & Geometry.OFFSET) != 0) {
                    copied("L2", l2, geometry, counts, errors);
                }
            }
        }
    }

    private static void copied(String what, long entry, Geometry geometry, Refcounts counts, List<String> errors)
            throws IOException {
        long count = counts.get((entry & Geometry.OFFSET) >>> geometry.clusterBits());
        if ((count == 1) != ((entry & Geometry.COPIED) != 0)) {
            errors.add(what + " entry " + Long.toHexString(entry) + " has " + count + " references");
        }
    }
}
