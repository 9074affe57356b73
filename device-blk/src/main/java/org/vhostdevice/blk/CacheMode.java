package org.vhostdevice.blk;

/// How the host keeps what was written, in the words and with the meaning of QEMU.
public enum CacheMode {
    /// In its page cache, until the driver flushes.
    WRITEBACK(true, false),
    /// In its page cache, and on the medium before the request completes.
    WRITETHROUGH(false, false),
    /// Past its page cache; the medium may keep it in a cache of its own until the driver flushes.
    NONE(true, true),
    /// Past its page cache, and on the medium before the request completes.
    DIRECTSYNC(false, true),
    /// As it likes: flushes are not passed on, and a crash of the host may cost all.
    UNSAFE(true, false);

    private final boolean writeback;
    private final boolean direct;

    CacheMode(boolean writeback, boolean direct) {
        this.writeback = writeback;
        this.direct = direct;
    }

    /// {@return whether completed writes may be lost until they are flushed, unless the driver says otherwise}
    boolean writeback() {
        return writeback;
    }

    /// {@return whether the host's page cache is left out}
    boolean direct() {
        return direct;
    }
}
