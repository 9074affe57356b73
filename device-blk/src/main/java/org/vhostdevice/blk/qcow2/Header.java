package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The header of an image: its first sector as it is in the file, and the fields in it, by their names in the
/// specification.
final class Header {
    static final int MAGIC = 0x514649fb;
    static final int V2_BYTES = 72;
    static final int V3_BYTES = 104;
    static final int EXTENSION_END = 0;
    static final int EXTENSION_FORMAT = 0xe2792aca;
    static final int MAX_NAME = 1023;
    static final long MAX_L1_BYTES = 32L << 20;
    static final long MAX_REFCOUNT_TABLE_BYTES = 8L << 20;

    static final int INCOMPATIBLE_AT = 72;
    static final int COMPATIBLE_AT = 80;
    static final int AUTOCLEAR_AT = 88;

    private static final int MIN_CLUSTER_BITS = 9;
    private static final int MAX_CLUSTER_BITS = 21;
    private static final int MIN_EXTENDED_BITS = 14;
    private static final int MAX_EXTENSIONS = 1 << 20;

    private final ByteBuffer bytes;
    private @Nullable String backingName;
    private @Nullable String backingFormat;

    private Header(byte[] sector) {
        this.bytes = ByteBuffer.wrap(sector);
    }

    /// Whether a file begins as an image does.
    static boolean magic(HostFile file) throws IOException {
        return file.holds(0, V2_BYTES)
                && ByteBuffer.wrap(file.read("header", 0, V2_BYTES)).getInt(0) == MAGIC;
    }

    /// Reads and checks the header.
    ///
    /// @throws IOException if this is no image, is one that we do not know how to use, or says what cannot be
    static Header read(HostFile file) throws IOException {
        if (!magic(file)) {
            throw new IOException("not a qcow2 image: it does not begin with QFI\\xfb");
        }
        byte[] sector = new byte[HostFile.SECTOR];
        byte[] found = file.read("header", 0, Math.min(HostFile.SECTOR, file.size()));
        System.arraycopy(found, 0, sector, 0, found.length);
        Header header = new Header(sector);
        header.checkNumbers();
        header.checkFeatures();
        header.checkTables();
        header.readExtensions(file);
        header.readBackingName(file);
        return header;
    }

    int version() {
        return bytes.getInt(4);
    }

    int clusterBits() {
        return bytes.getInt(20);
    }

    long size() {
        return bytes.getLong(24);
    }

    int l1Size() {
        return bytes.getInt(36);
    }

    long l1Offset() {
        return bytes.getLong(40);
    }

    long refcountTableOffset() {
        return bytes.getLong(48);
    }

    int refcountTableClusters() {
        return bytes.getInt(56);
    }

    int snapshots() {
        return bytes.getInt(60);
    }

    long snapshotsOffset() {
        return bytes.getLong(64);
    }

    long incompatible() {
        return version() < 3 ? 0 : bytes.getLong(INCOMPATIBLE_AT);
    }

    boolean has(Feature feature) {
        return (incompatible() & feature.bit()) != 0;
    }

    boolean lazyRefcounts() {
        return version() >= 3 && (bytes.getLong(COMPATIBLE_AT) & 1) != 0;
    }

    long autoclear() {
        return version() < 3 ? 0 : bytes.getLong(AUTOCLEAR_AT);
    }

    int refcountOrder() {
        return version() < 3 ? 4 : bytes.getInt(96);
    }

    int headerLength() {
        return version() < 3 ? V2_BYTES : bytes.getInt(100);
    }

    boolean zstd() {
        return headerLength() > V3_BYTES && bytes.get(V3_BYTES) == 1;
    }

    @Nullable
    String backingName() {
        return backingName;
    }

    @Nullable
    String backingFormat() {
        return backingFormat;
    }

    Geometry geometry() {
        return new Geometry(version(), clusterBits(), has(Feature.EXTENDED_L2), refcountOrder());
    }

    // Changes, within change().

    void feature(Feature feature, boolean on) {
        bytes.putLong(INCOMPATIBLE_AT, on ? incompatible() | feature.bit() : incompatible() & ~feature.bit());
    }

    void clearAutoclear() {
        bytes.putLong(AUTOCLEAR_AT, 0);
    }

    void refcountTable(long offset, int clusters) {
        bytes.putLong(48, offset).putInt(56, clusters);
    }

    void l1(long offset, int entries) {
        bytes.putLong(40, offset).putInt(36, entries);
    }

    void size(long size) {
        bytes.putLong(24, size);
    }

    /// Changes fields and writes the sector, which the host does as a whole or not at all.
    synchronized void change(HostFile file, Consumer<Header> change) throws IOException {
        change.accept(this);
        file.write(0, bytes.array().clone());
    }

    private void checkNumbers() throws IOException {
        require(version() == 2 || version() == 3, "version " + version() + " is not known, only 2 and 3 are");
        require(
                clusterBits() >= MIN_CLUSTER_BITS && clusterBits() <= MAX_CLUSTER_BITS,
                "cluster_bits is " + Integer.toUnsignedString(clusterBits()) + ", not in 9..21");
        require(
                headerLength() >= (version() < 3 ? V2_BYTES : V3_BYTES)
                        && headerLength() <= 1 << clusterBits()
                        && headerLength() % 8 == 0,
                "header_length is " + Integer.toUnsignedString(headerLength()));
        require(refcountOrder() >= 0 && refcountOrder() <= 6, "refcount_order is " + refcountOrder() + ", not in 0..6");
        require(size() >= 0, "the disk's size " + Long.toUnsignedString(size()) + " is too large");
    }

    private void checkFeatures() throws IOException {
        Feature.requireKnown(incompatible());
        int crypt = bytes.getInt(32);
        require(crypt == 0, "the image is encrypted (crypt_method " + crypt + "), which is not supported");
        require(
                !has(Feature.DATA_FILE),
                "the image keeps its data in an external data file (incompatible feature bit 2), which is not supported");
        int compression = headerLength() > V3_BYTES ? Byte.toUnsignedInt(bytes.get(V3_BYTES)) : 0;
        require(compression <= 1, "compression type " + compression + " is not known");
        require(
                has(Feature.COMPRESSION) == (compression != 0),
                "compression type " + compression + " contradicts incompatible feature bit 3");
        require(
                !has(Feature.EXTENDED_L2) || clusterBits() >= MIN_EXTENDED_BITS,
                "extended L2 entries need clusters of 16 KiB");
    }

    private void checkTables() throws IOException {
        Geometry geometry = geometry();
        long l1Bytes = Integer.toUnsignedLong(l1Size()) * Long.BYTES;
        require(l1Bytes <= MAX_L1_BYTES, "the L1 table has " + l1Bytes + " bytes, more than " + MAX_L1_BYTES);
        require(geometry.aligned(l1Offset()) && l1Offset() >= 0, "the L1 table is not at a cluster's start");
        require(l1Offset() > 0 || l1Size() == 0, "the L1 table lies over the header");
        long coverage = geometry.l2Coverage();
        require(
                size() / coverage + (size() % coverage == 0 ? 0 : 1) <= l1Size(),
                "the L1 table of " + l1Size() + " entries is too small for a disk of " + size() + " bytes");
        long table = Integer.toUnsignedLong(refcountTableClusters()) << clusterBits();
        require(
                table <= MAX_REFCOUNT_TABLE_BYTES && table >= 0,
                "the refcount table has " + table + " bytes, more than " + MAX_REFCOUNT_TABLE_BYTES);
        require(
                geometry.aligned(refcountTableOffset()) && refcountTableOffset() >= 0,
                "the refcount table is not at a cluster's start");
        require(
                snapshots() >= 0 && snapshots() <= SnapshotTable.MAX_SNAPSHOTS,
                "there are " + Integer.toUnsignedString(snapshots()) + " snapshots, more than "
                        + SnapshotTable.MAX_SNAPSHOTS);
        require(
                geometry.aligned(snapshotsOffset()) && snapshotsOffset() >= 0,
                "the snapshot table is not at a cluster's start");
    }

    private void readExtensions(HostFile file) throws IOException {
        long end = Math.min(1L << clusterBits(), file.size());
        if (backingOffset() != 0) {
            end = Math.clamp(backingOffset(), 0, end);
        }
        int count = 0;
        for (long at = headerLength(); at <= end - 8; ) {
            ByteBuffer head = ByteBuffer.wrap(file.read("header extension", at, 8));
            int type = head.getInt(0);
            long length = Integer.toUnsignedLong(head.getInt(4));
            if (type == EXTENSION_END) {
                return;
            }
            require(length <= end - at - 8, "the header extension at " + at + " is too long");
            require(++count <= MAX_EXTENSIONS, "there are too many header extensions");
            if (type == EXTENSION_FORMAT) {
                require(length <= MAX_NAME, "the name of the backing format is too long");
                backingFormat = new String(file.read("backing format", at + 8, length), StandardCharsets.UTF_8);
            }
            at += 8 + ((length + 7) & ~7L);
        }
    }

    private long backingOffset() {
        return bytes.getLong(8);
    }

    private void readBackingName(HostFile file) throws IOException {
        if (backingOffset() == 0) {
            return;
        }
        long length = Integer.toUnsignedLong(bytes.getInt(16));
        require(length <= MAX_NAME, "the name of the backing file has " + length + " bytes, more than " + MAX_NAME);
        require(
                backingOffset() >= headerLength() && backingOffset() <= (1L << clusterBits()) - length,
                "the name of the backing file lies outside the header's cluster");
        backingName =
                new String(file.read("name of the backing file", backingOffset(), length), StandardCharsets.UTF_8);
    }

    private static void require(boolean met, String otherwise) throws IOException {
        if (!met) {
            throw new IOException(otherwise);
        }
    }
}
