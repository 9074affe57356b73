package org.vhostdevice.blk.queue;

/// Does the transfers of one queue. Used by the queue's worker.
interface TransferEngine extends AutoCloseable {
    /// Who is told of transfers that are done, on the worker's thread.
    interface Client {
        void completed(Transfer transfer);
    }

    /// Takes a transfer, which is done now or later.
    void start(Transfer transfer);

    /// Sees to it that all transfers taken so far are under way.
    void submit();

    /// Takes what is done, if the host has not told of it yet. Costs next to nothing.
    default void look() {}

    /// Waits until all transfers are done, and ends.
    @Override
    void close();
}
