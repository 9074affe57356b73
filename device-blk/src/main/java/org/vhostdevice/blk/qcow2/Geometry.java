package org.vhostdevice.blk.qcow2;

/// The numbers that follow from an image's header.
///
/// @param version 2 or 3
/// @param clusterBits a cluster has `1 << clusterBits` bytes, 9 to 21
/// @param extended whether L2 entries have a bitmap of subclusters behind them
/// @param refcountOrder a reference count has `1 << refcountOrder` bits, 0 to 6
record Geometry(int version, int clusterBits, boolean extended, int refcountOrder) {
    /// In an L1 or L2 entry: the cluster it names is referenced once, by this entry.
    static final long COPIED = 1L << 63;

    /// In an L2 entry: the cluster is compressed.
    static final long COMPRESSED = 1L << 62;

    /// In an L2 entry without a bitmap: the cluster reads as zeros.
    static final long ZERO = 1;

    /// The host offset in an L1 or L2 entry.
    static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    /// Subclusters in a cluster.
    static final int SUBCLUSTERS = 32;

    int clusterBytes() {
        return 1 << clusterBits;
    }

    /// Longs in an L2 entry.
    int entryWords() {
        return extended ? 2 : 1;
    }

    int l2Bits() {
        return clusterBits - (extended ? 4 : 3);
    }

    /// Entries in an L2 table.
    int l2Entries() {
        return 1 << l2Bits();
    }

    /// Bytes of the disk that one L2 table maps.
    long l2Coverage() {
        return 1L << (clusterBits + l2Bits());
    }

    int l1Index(long offset) {
        return (int) (offset >>> (clusterBits + l2Bits()));
    }

    int l2Index(long offset) {
        return (int) (offset >>> clusterBits) & (l2Entries() - 1);
    }

    int inCluster(long offset) {
        return (int) offset & (clusterBytes() - 1);
    }

    int subclusterBytes() {
        return clusterBytes() / SUBCLUSTERS;
    }

    boolean aligned(long offset) {
        return inCluster(offset) == 0;
    }

    /// Clusters that hold so many bytes.
    long clusters(long bytes) {
        return (bytes >>> clusterBits) + (inCluster(bytes) == 0 ? 0 : 1);
    }

    /// Entries in a block of reference counts.
    int refcountBlockEntries() {
        return 1 << refcountBlockBits();
    }

    int refcountBlockBits() {
        return clusterBits + 3 - refcountOrder;
    }

    /// The highest count that fits, as an unsigned number.
    long maxRefcount() {
        return refcountOrder == 6 ? Long.MAX_VALUE : (1L << (1 << refcountOrder)) - 1;
    }

    /// The first byte of a compressed cluster.
    long compressedOffset(long entry) {
        return entry & ((1L << compressedShift()) - 1);
    }

    /// Bytes from the first byte of a compressed cluster to the end of its last sector.
    int compressedBytes(long entry) {
        long sectors = ((entry & ~(COPIED | COMPRESSED)) >>> compressedShift()) + 1;
        return (int) (sectors * HostFile.SECTOR - (compressedOffset(entry) & (HostFile.SECTOR - 1)));
    }

    private int compressedShift() {
        return 62 - (clusterBits - 8);
    }
}
