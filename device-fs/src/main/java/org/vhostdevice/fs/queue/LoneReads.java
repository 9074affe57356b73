package org.vhostdevice.fs.queue;

/// Decides who does a read that comes alone and may wait for the medium: the worker, which has nothing else to do then,
/// as long as that does not take long; else a thread, so that what comes meanwhile does not wait. Some file systems
/// never say that they have the data at hand, and the way to a thread and back takes longer than most reads of such
/// data. One thread.
final class LoneReads {
    /// About what the way to a thread and back takes.
    private static final long SHORT_NANOS = 50_000;

    /// After a read that took long, so many are done by threads before the worker tries again.
    private static final int TO_THREADS = 64;

    private int toThreads;

    /// {@return whether the worker does the next one}
    boolean here() {
        if (toThreads == 0) {
            return true;
        }
        toThreads--;
        return false;
    }

    /// The worker has done one.
    ///
    /// @param nanos that it took
    void took(long nanos) {
        toThreads = nanos > SHORT_NANOS ? TO_THREADS : 0;
    }
}
