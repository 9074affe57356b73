package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.storage.Storage;

/// Writes an empty image: header, refcount table, its blocks, L1 table, one behind the other.
final class ImageCreator {
    private static final int HEADER_BYTES = 112;
    private static final int EXTENSION_HEAD = 8;

    private final Qcow2CreateOptions options;
    private final Geometry geometry;
    private final int l1Entries;

    private ImageCreator(Qcow2CreateOptions options) throws IOException {
        this.options = options;
        this.geometry = new Geometry(
                options.version(),
                Integer.numberOfTrailingZeros(options.clusterSize()),
                options.extendedL2(),
                Integer.numberOfTrailingZeros(options.refcountBits()));
        long coverage = geometry.l2Coverage();
        long entries = options.size() / coverage + (options.size() % coverage == 0 ? 0 : 1);
        long most = Header.MAX_L1_BYTES / Long.BYTES;
        if (entries > most) {
            throw new IOException("a disk with clusters of " + options.clusterSize() + " bytes has at most "
                    + most * coverage + " bytes, not " + options.size());
        }
        this.l1Entries = (int) entries;
    }

    /// Makes an image of a storage; what it held is lost.
    static void create(Storage storage, Qcow2CreateOptions options) throws IOException {
        new ImageCreator(options).write(new HostFile(storage));
    }

    private void write(HostFile file) throws IOException {
        long l1Clusters = geometry.clusters((long) l1Entries * Long.BYTES);
        int perBlock = geometry.refcountBlockEntries();
        long blocks = 1;
        long tableClusters = 1;
        while (true) {
            long all = 1 + tableClusters + blocks + l1Clusters;
            long blocksNeeded = (all + perBlock - 1) / perBlock;
            long tableNeeded = geometry.clusters(blocksNeeded * Long.BYTES);
            if (blocksNeeded <= blocks && tableNeeded <= tableClusters) {
                break;
            }
            blocks = Math.max(blocks, blocksNeeded);
            tableClusters = Math.max(tableClusters, tableNeeded);
        }
        long all = 1 + tableClusters + blocks + l1Clusters;
        byte[] header = header(tableClusters, 1 + tableClusters + blocks);
        int bits = geometry.clusterBits();
        file.growToExactly(all << bits);
        ByteBuffer table = ByteBuffer.allocate((int) (tableClusters << bits));
        for (int i = 0; i < blocks; i++) {
            long at = (1 + tableClusters + i) << bits;
            table.putLong(at);
            file.write(at, block(Math.clamp(all - (long) i * perBlock, 0, perBlock)));
        }
        file.write(1L << bits, table.array());
        for (long at = all - l1Clusters; at < all; at++) {
            file.write(at << bits, new byte[geometry.clusterBytes()]);
        }
        file.flush();
        file.write(0, header);
        file.flush();
    }

    private byte[] block(int used) {
        byte[] bytes = new byte[geometry.clusterBytes()];
        var block = new RefcountBlock(0, 0, geometry.refcountOrder(), bytes);
        for (int i = 0; i < used; i++) {
            block.set(i, 1);
        }
        return bytes;
    }

    private byte[] header(long tableClusters, long l1Cluster) throws IOException {
        int bits = geometry.clusterBits();
        byte[] name = bytes(options.backingFile());
        byte[] format = bytes(options.backingFormat());
        int length = options.version() == 2 ? Header.V2_BYTES : HEADER_BYTES;
        int formatBytes = format.length == 0 ? 0 : EXTENSION_HEAD + (format.length + 7 & ~7);
        int nameAt = length + formatBytes + EXTENSION_HEAD;
        if (nameAt + name.length > geometry.clusterBytes()) {
            throw new IOException("the name of the backing file does not fit into the header's cluster");
        }
        ByteBuffer header = ByteBuffer.allocate(geometry.clusterBytes());
        header.putInt(Header.MAGIC).putInt(options.version());
        header.putLong(name.length == 0 ? 0 : nameAt).putInt(name.length);
        header.putInt(bits).putLong(options.size()).putInt(0);
        header.putInt(l1Entries).putLong(l1Cluster << bits);
        header.putLong(1L << bits).putInt((int) tableClusters);
        header.putInt(0).putLong(0);
        if (options.version() == 3) {
            long incompatible = (options.extendedL2() ? Feature.EXTENDED_L2.bit() : 0)
                    | (options.zstd() ? Feature.COMPRESSION.bit() : 0);
            header.putLong(incompatible)
                    .putLong(options.lazyRefcounts() ? 1 : 0)
                    .putLong(0);
            header.putInt(geometry.refcountOrder()).putInt(length);
            header.put((byte) (options.zstd() ? 1 : 0));
        }
        if (format.length > 0) {
            header.putInt(length, Header.EXTENSION_FORMAT).putInt(length + 4, format.length);
            header.put(length + EXTENSION_HEAD, format);
        }
        header.put(nameAt, name);
        return header.array();
    }

    private static byte[] bytes(@Nullable String text) {
        return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    }
}
