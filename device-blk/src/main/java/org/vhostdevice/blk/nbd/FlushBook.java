package org.vhostdevice.blk.nbd;

import java.io.IOException;

/// Keeps account of what is durable: a flush may succeed only if the server certainly still had every write that it had
/// acknowledged before.
///
/// The end of a connection is all that is seen of a server that crashes, and then it may have lost acknowledged writes
/// that no flush has covered. So a connection that ends while there are such writes makes all later flushes fail,
/// unless the server is trusted to have kept them. Any thread.
final class FlushBook implements Connection.Listener {
    private final NbdOptions.Unflushed policy;
    private long acknowledged; // guarded by this, as all fields
    private long flushed;
    private boolean failed;
    private long lost;

    FlushBook(NbdOptions.Unflushed policy) {
        this.policy = policy;
    }

    @Override
    public synchronized void acknowledged() {
        acknowledged++;
    }

    @Override
    public synchronized void ended() {
        if (policy == NbdOptions.Unflushed.FAIL && acknowledged > flushed) {
            lost = acknowledged - flushed;
        }
    }

    /// Begins a flush of all that was acknowledged before.
    ///
    /// @return what [#flushed] takes
    synchronized long begin() throws IOException {
        check();
        return acknowledged;
    }

    /// Refuses a flush that cannot succeed any more.
    synchronized void check() throws IOException {
        if (failed) {
            throw new IOException("an earlier flush failed, so none can be trusted until the export is opened anew");
        }
        if (lost > 0) {
            throw new IOException("the connection to the NBD server was lost with " + lost
                    + " writes not flushed, which it may have forgotten: no flush can be trusted until the export is"
                    + " opened anew");
        }
    }

    /// Ends a flush that the server has answered.
    ///
    /// @param begun what [#begin] returned
    synchronized void flushed(long begun) throws IOException {
        check();
        flushed = Math.max(flushed, begun);
    }

    /// Ends a flush that the server has refused.
    synchronized void failed() {
        failed = true;
    }

    /// How many writes may be lost.
    synchronized long lost() {
        return lost;
    }
}
