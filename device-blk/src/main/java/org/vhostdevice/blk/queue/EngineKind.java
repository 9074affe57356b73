package org.vhostdevice.blk.queue;

import java.io.IOException;
import java.lang.System.Logger.Level;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.core.device.QueueContext;

/// How the bytes of files are transferred.
public enum EngineKind {
    /// By io_uring where the host lets us, otherwise by threads.
    AUTO,
    /// By `io_uring(7)` of Linux.
    IO_URING,
    /// By threads that wait.
    THREADS;

    private static final System.Logger LOG = System.getLogger("org.vhostdevice.blk");

    TransferEngine open(
            DirectStorage storage, ThreadEngine threads, TransferEngine.Client client, QueueContext context, int most)
            throws IOException {
        if (this == THREADS) {
            return threads;
        }
        try {
            return new UringEngine(storage, threads, client, context, most);
        } catch (IOException e) {
            if (this == IO_URING) {
                throw new IOException("the host has no io_uring for us, use --io-engine threads: " + e.getMessage(), e);
            }
            LOG.log(Level.DEBUG, () -> "threads transfer data, since the host has no io_uring: " + e.getMessage());
            return threads;
        }
    }
}
