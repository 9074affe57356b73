package org.vhostdevice.blk;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.nbd.NbdOptions;
import org.vhostdevice.blk.qcow2.Qcow2Options;
import org.vhostdevice.blk.storage.ImageFormat;

/// Ways to use a medium.
final class TestOptions {
    /// Read and written, through the page cache, whatever the image is.
    static final MediumOptions DEFAULT = of(null, CacheMode.WRITEBACK);

    static final MediumOptions READ_ONLY = of(true, false, null, CacheMode.WRITEBACK);

    static final MediumOptions SNAPSHOT = of(false, true, null, CacheMode.WRITEBACK);

    private TestOptions() {}

    static MediumOptions of(@Nullable ImageFormat format, CacheMode cache) {
        return of(false, false, format, cache);
    }

    private static MediumOptions of(boolean readOnly, boolean snapshot, @Nullable ImageFormat format, CacheMode cache) {
        var tables = new MediumOptions.Tables(Qcow2Options.L2_CACHE_BYTES, Qcow2Options.REFCOUNT_CACHE_BYTES);
        return new MediumOptions(readOnly, cache, true, format, snapshot, tables, NbdOptions.DEFAULT);
    }
}
