package org.vhostdevice.blk.qcow2;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What a new image is like; the names are those of `qemu-img create -o`.
///
/// @param size of the disk in bytes
/// @param version 2 or 3 (`compat` 0.10 or 1.1)
/// @param clusterSize bytes in a cluster: a power of two from 512 to 2 MiB
/// @param refcountBits bits of a reference count: a power of two up to 64; 16 in version 2
/// @param extendedL2 whether clusters, of 16 KiB at least, have 32 subclusters each
/// @param lazyRefcounts whether reference counts are written late, and anew after a crash
/// @param zstd whether compressed clusters are to be of zstd instead of zlib
/// @param backingFile the name of the backing file, null if there is none
/// @param backingFormat the backing file's format
public record Qcow2CreateOptions(
        long size,
        int version,
        int clusterSize,
        int refcountBits,
        boolean extendedL2,
        boolean lazyRefcounts,
        boolean zstd,
        @Nullable String backingFile,
        @Nullable String backingFormat) {
    private static final int MIN_CLUSTER = 512;
    private static final int MAX_CLUSTER = 2 << 20;
    private static final int MIN_EXTENDED = 16 << 10;

    /// Refuses what no image can be.
    public Qcow2CreateOptions {
        require(size >= 0, "a disk has no negative size");
        require(version == 2 || version == 3, "version " + version + " is not known, only 2 and 3 are");
        require(
                Integer.bitCount(clusterSize) == 1 && clusterSize >= MIN_CLUSTER && clusterSize <= MAX_CLUSTER,
                "a cluster of " + clusterSize + " bytes is not possible: it has a power of two from 512 to 2097152");
        require(
                Integer.bitCount(refcountBits) == 1 && refcountBits > 0 && refcountBits <= 64,
                "reference counts of " + refcountBits + " bits are not possible: it is a power of two up to 64");
        require(version == 3 || refcountBits == 16, "version 2 has reference counts of 16 bits");
        require(
                version == 3 || !(extendedL2 || lazyRefcounts || zstd),
                "extended L2 entries, lazy reference counts and zstd need version 3");
        require(!extendedL2 || clusterSize >= MIN_EXTENDED, "extended L2 entries need clusters of 16 KiB");
        require((backingFile == null) == (backingFormat == null), "a backing file and its format are named together");
        require(
                backingFile == null || backingFile.getBytes(StandardCharsets.UTF_8).length <= Header.MAX_NAME,
                "the name of a backing file has at most " + Header.MAX_NAME + " bytes");
    }

    /// What `qemu-img create` makes unless told otherwise.
    ///
    /// @param size of the disk in bytes
    /// @return the options
    public static Qcow2CreateOptions of(long size) {
        return new Qcow2CreateOptions(size, 3, 64 << 10, 16, false, false, false, null, null);
    }

    /// The same over a backing file.
    ///
    /// @param file its name, relative to the folder of the image
    /// @param format its format, `raw` or `qcow2`
    /// @return the options
    public Qcow2CreateOptions over(String file, String format) {
        return new Qcow2CreateOptions(
                size, version, clusterSize, refcountBits, extendedL2, lazyRefcounts, zstd, file, format);
    }

    private static void require(boolean met, String otherwise) {
        if (!met) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
