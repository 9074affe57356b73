package org.vhostdevice.blk.qcow2;

import java.nio.file.Path;

/// How an image is opened.
///
/// @param path of the image: names of backing files are relative to its folder, and messages name it
/// @param readOnly whether nothing in it is changed, not even what a repair would
/// @param l2CacheBytes memory for tables that map the disk; one of 8 bytes for each cluster of the disk holds all
/// @param refcountCacheBytes memory for blocks of reference counts
public record Qcow2Options(Path path, boolean readOnly, long l2CacheBytes, long refcountCacheBytes) {
    /// Memory for mapping tables unless told otherwise: enough for a disk of 256 GiB with clusters of 64 KiB.
    public static final long L2_CACHE_BYTES = 32L << 20;

    /// Memory for reference counts unless told otherwise.
    public static final long REFCOUNT_CACHE_BYTES = 2L << 20;

    /// Refuses sizes below zero.
    public Qcow2Options {
        if (l2CacheBytes < 0 || refcountCacheBytes < 0) {
            throw new IllegalArgumentException("a cache has no negative size");
        }
    }

    /// Options with caches of the usual size.
    ///
    /// @param path of the image
    /// @param readOnly whether nothing in it is changed
    /// @return the options
    public static Qcow2Options of(Path path, boolean readOnly) {
        return new Qcow2Options(path, readOnly, L2_CACHE_BYTES, REFCOUNT_CACHE_BYTES);
    }

    /// The options for the image's backing file.
    Qcow2Options backing(Path backing) {
        return new Qcow2Options(backing, true, l2CacheBytes, refcountCacheBytes);
    }
}
