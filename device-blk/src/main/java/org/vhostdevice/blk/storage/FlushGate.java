package org.vhostdevice.blk.storage;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/// Flushes of one medium by several threads: they take turns, those that wait share the next one, and after a failure
/// none succeeds any more.
///
/// A host that cannot write what it kept in memory may drop it and reports that once for a descriptor. A second attempt
/// would succeed without the lost bytes, and so would one that ran beside the failing one.
final class FlushGate {
    /// What makes the medium durable.
    @FunctionalInterface
    interface Sync {
        void run() throws IOException;
    }

    private final Sync sync;
    private final AtomicLong asked = new AtomicLong();
    private long covered; // the highest ticket that a successful sync served; guarded by this
    private boolean failed; // guarded by this

    FlushGate(Sync sync) {
        this.sync = sync;
    }

    /// Returns when all that was written before the call is durable.
    ///
    /// @throws IOException if that is not certain, now or because of an earlier failure
    void flush() throws IOException {
        long ticket = asked.incrementAndGet();
        synchronized (this) {
            if (failed) {
                throw new IOException("an earlier flush failed, so none can be trusted until the image is opened anew");
            }
            if (covered >= ticket) {
                return;
            }
            long coveredNow = asked.get();
            failed = true; // unless the sync returns
            sync.run();
            failed = false;
            covered = coveredNow;
        }
    }
}
