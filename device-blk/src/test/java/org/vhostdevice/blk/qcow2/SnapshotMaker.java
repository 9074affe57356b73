package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Takes an internal snapshot of a closed image without others, as the specification describes it.
final class SnapshotMaker {
    private final HostFile file;
    private final Header header;
    private final Geometry geometry;
    private final WritableImage image;

    private SnapshotMaker(MemoryStorage storage) throws IOException {
        this.file = new HostFile(storage);
        this.header = Header.read(file);
        this.geometry = header.geometry();
        ImageContext context = ImageContext.of(ImageModel.PATH, file, header, true);
        L1Table l1 = L1Table.read(file, header);
        this.image = WritableOpener.open(
                context, l1, SnapshotTable.read(file, header), Qcow2Options.of(ImageModel.PATH, false));
    }

    static void take(MemoryStorage storage) throws IOException {
        new SnapshotMaker(storage).take();
    }

    private void take() throws IOException {
        int l1Bytes = header.l1Size() * Long.BYTES;
        long copy = image.allocator().allocateMetadata((int) geometry.clusters(l1Bytes));
        long table = image.allocator().allocateMetadata(1);
        ByteBuffer l1 = ByteBuffer.wrap(file.read("L1", header.l1Offset(), l1Bytes));
        for (int i = 0; i < header.l1Size(); i++) {
            long at = share(l1, i * Long.BYTES);
            if (at != 0) {
                ByteBuffer l2 = ByteBuffer.wrap(file.read("L2", at, geometry.clusterBytes()));
                for (int j = 0; j < geometry.l2Entries(); j++) {
                    share(l2, j * geometry.entryWords() * Long.BYTES);
                }
                file.write(at, l2.array());
            }
        }
        file.write(header.l1Offset(), l1.array());
        file.write(copy, l1.array());
        file.write(table, entry(copy));
        new Committer(image).finish();
        ByteBuffer fields = ByteBuffer.wrap(file.read("header", 60, 12));
        fields.putInt(0, 1).putLong(4, table);
        file.write(60, fields.array());
    }

    private byte[] entry(long l1) {
        ByteBuffer entry = ByteBuffer.allocate(64);
        entry.putLong(l1).putInt(header.l1Size());
        entry.putShort((short) 1).putShort((short) 2);
        entry.putInt(36, 16).putLong(48, header.size());
        entry.put(56, new byte[] {'1', 'a', 'b'});
        return entry.array();
    }

    /// Counts a reference more to what an entry names.
    private long share(ByteBuffer entries, int at) throws IOException {
        long entry = entries.getLong(at);
        long offset = entry & Geometry.OFFSET;
        if (offset != 0) {
            long cluster = offset >>> geometry.clusterBits();
            image.refcounts().set(cluster, image.refcounts().get(cluster) + 1);
            entries.putLong(at, entry & ~Geometry.COPIED);
        }
        return offset;
    }

    /// What the disk held when the snapshot was taken.
    static byte[] contents(MemoryStorage image, byte[] backing) throws IOException {
        MemoryStorage copy = new MemoryStorage(image.contents(), false);
        var file = new HostFile(copy);
        Header header = Header.read(file);
        SnapshotTable.L1 table = SnapshotTable.read(file, header).tables().getFirst();
        header.change(file, h -> {
            h.l1(table.offset(), table.entries());
            h.size(ByteBuffer.wrap(copy.contents()).getLong((int) header.snapshotsOffset() + 48));
        });
        var options = Qcow2Options.of(ImageModel.PATH, true);
        try (var disk = Qcow2Image.open(copy, options, _ -> new MemoryStorage(backing.clone(), true))) {
            return Images.readAll(disk);
        }
    }
}
