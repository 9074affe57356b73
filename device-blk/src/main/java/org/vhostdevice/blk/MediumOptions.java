package org.vhostdevice.blk;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.nbd.NbdOptions;
import org.vhostdevice.blk.qcow2.Qcow2Options;
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
    /// Read and written, through the page cache, whatever the image is.
    static final MediumOptions DEFAULT =
            new MediumOptions(false, CacheMode.WRITEBACK, true, null, false, Tables.DEFAULT, NbdOptions.DEFAULT);

    /// Memory for tables of qcow2 images.
    ///
    /// @param l2Bytes for those that map the disk
    /// @param refcountBytes for reference counts
    record Tables(long l2Bytes, long refcountBytes) {
        /// As much as usual.
        static final Tables DEFAULT = new Tables(Qcow2Options.L2_CACHE_BYTES, Qcow2Options.REFCOUNT_CACHE_BYTES);
    }

    /// Whether the medium itself is only read.
    boolean keepsMedium() {
        return readOnly || snapshot;
    }

    MediumOptions withReadOnly() {
        return new MediumOptions(true, cache, locked, format, snapshot, tables, nbd);
    }

    MediumOptions withSnapshot() {
        return new MediumOptions(readOnly, cache, locked, format, true, tables, nbd);
    }

    MediumOptions with(CacheMode mode) {
        return new MediumOptions(readOnly, mode, locked, format, snapshot, tables, nbd);
    }

    MediumOptions with(@Nullable ImageFormat known) {
        return new MediumOptions(readOnly, cache, locked, known, snapshot, tables, nbd);
    }
}
