package org.vhostdevice.fs.fuse;

/// How long the guest may use what it knows of a file without asking, in the words and with the meaning of virtiofsd.
public enum CachePolicy {
    /// Data as long as the file is open, attributes and names for a second.
    AUTO(1, 0, 0),
    /// All of it for a day.
    ALWAYS(86_400, OpenFlag.KEEP_CACHE, OpenFlag.KEEP_CACHE | OpenFlag.CACHE_DIR),
    /// Nothing.
    NEVER(0, OpenFlag.DIRECT_IO | OpenFlag.PARALLEL_DIRECT_WRITES, 0),
    /// Attributes and names for a day, but no data.
    METADATA(86_400, OpenFlag.DIRECT_IO | OpenFlag.PARALLEL_DIRECT_WRITES, OpenFlag.KEEP_CACHE | OpenFlag.CACHE_DIR);

    private final int seconds;
    private final int fileFlags;
    private final int directoryFlags;

    CachePolicy(int seconds, int fileFlags, int directoryFlags) {
        this.seconds = seconds;
        this.fileFlags = fileFlags;
        this.directoryFlags = directoryFlags;
    }

    /// {@return for how many seconds names and attributes are good}
    int seconds() {
        return seconds;
    }

    /// {@return for how many seconds it is good that a name is not there; never for long, since who makes a file on the
    /// host looks for it in the guest}
    int missingSeconds() {
        return Math.min(seconds, 1);
    }

    /// {@return flags of the answer to OPEN and CREATE (`FOPEN_`)}
    int fileFlags() {
        return fileFlags;
    }

    /// {@return flags of the answer to OPENDIR (`FOPEN_`)}
    int directoryFlags() {
        return directoryFlags;
    }
}
