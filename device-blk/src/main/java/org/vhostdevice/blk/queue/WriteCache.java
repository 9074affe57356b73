package org.vhostdevice.blk.queue;

/// Whether completed writes may be lost until they are flushed: the field `writeback` of the configuration space
/// (VIRTIO 1.4, 5.2.4), which a driver with CONFIG_WCE may change. Any thread.
public final class WriteCache {
    private final boolean initially;
    private volatile boolean writeback;

    /// Makes one.
    ///
    /// @param initially what the host wants
    public WriteCache(boolean initially) {
        this.initially = initially;
        this.writeback = initially;
    }

    /// {@return what the host wants}
    public boolean initially() {
        return initially;
    }

    /// Begins anew with a driver's features: one that controls the cache and cannot flush begins without it.
    ///
    /// @param controls whether it has CONFIG_WCE
    /// @param flushes whether it has FLUSH
    public void negotiated(boolean controls, boolean flushes) {
        writeback = initially && (flushes || !controls);
    }

    /// {@return whether writes may be lost until they are flushed}
    public boolean writeback() {
        return writeback;
    }

    /// Changes it, for requests from now on.
    ///
    /// @param on whether writes may be lost until they are flushed
    public void setWriteback(boolean on) {
        writeback = on;
    }
}
