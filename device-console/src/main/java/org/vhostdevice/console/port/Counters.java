package org.vhostdevice.console.port;

/// What went wrong so far, as guests and hosts may do it and nobody is to die of it. Written by the worker's thread.
public final class Counters {
    private volatile long malformed;
    private volatile long droppedBytes;

    /// Begins to count.
    public Counters() {}

    /// The guest sent a message, or gave a buffer, that cannot be.
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    void malformed() {
        malformed++;
    }

    /// Output was lost because the host's end did not take it.
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    void dropped(long bytes) {
        if (bytes > 0) {
            droppedBytes += bytes;
        }
    }

    /// {@return messages of the guest that were ignored, and buffers without room} Any thread.
    public long ignored() {
        return malformed;
    }

    /// {@return bytes of the guest that were lost because a host's end did not take them} Any thread.
    public long lostBytes() {
        return droppedBytes;
    }
}
