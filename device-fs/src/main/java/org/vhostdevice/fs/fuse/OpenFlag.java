package org.vhostdevice.fs.fuse;

/// Flags of the answers to OPEN, OPENDIR and CREATE (`FOPEN_` in `linux/fuse.h`).
final class OpenFlag {
    /// The guest does not keep data of the file.
    static final int DIRECT_IO = 1;

    /// What the guest knows of the file from before is still good.
    static final int KEEP_CACHE = 1 << 1;

    /// The guest may keep the entries of the directory.
    static final int CACHE_DIR = 1 << 3;

    /// Closing a descriptor of the file is nothing that the device needs to know.
    static final int NOFLUSH = 1 << 5;

    /// The guest need not put writes that bypass its cache in a row.
    static final int PARALLEL_DIRECT_WRITES = 1 << 6;

    private OpenFlag() {}
}
