package org.vhostdevice.blk;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.nbd.NbdOptions;
import org.vhostdevice.blk.storage.ImageFormat;

/// How a medium is used.
///
/// @param readOnly whether it is only read
/// @param cache how the host keeps what was written
/// @param locked whether files are locked against others
/// @param format what the image is; null to find out
/// @param snapshot whether writes go to a temporary overlay
/// @param tables memory for the tables of a qcow2 image
/// @param nbd how servers are used
record MediumOptions(
        boolean readOnly,
        CacheMode cache,
        boolean locked,
        @Nullable ImageFormat format,
        boolean snapshot,
        Tables tables,
        NbdOptions nbd) {
    /// Memory for tables of qcow2 images.
    ///
    /// @param l2Bytes for those that map the disk
    /// @param refcountBytes for reference counts
    record Tables(long l2Bytes, long refcountBytes) {}

    /// Whether the medium itself is only read.
    boolean keepsMedium() {
        return readOnly || snapshot;
    }
}
