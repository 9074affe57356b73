package org.vhostdevice.fs.queue;

/// Decides who does a read whose data may not be at hand: the worker, or a thread, so that what comes meanwhile does
/// not wait. The way to a thread and back takes longer than most reads of data that the host has in memory, which
/// some hosts and file systems never tell. So the last reads say how long the next one will take. One thread.
final class ReadTimes {
    /// About the processor time that the way to a thread and back takes.
    private static final long HANDOVER_NANOS = 10_000;

    /// About the whole time of that way, of which the threads sleep a part.
    private static final long WAY_NANOS = 50_000;

    /// Each read counts for one part of so many.
    private static final int PARTS = 8;

    /// A single read that took longer may have been held up by anything.
    private static final long MOST_NANOS = 4 * WAY_NANOS;

    private long average;

    /// {@return whether reads are so short that the worker does each}
    boolean areShort() {
        return average <= HANDOVER_NANOS;
    }

    /// {@return whether the worker does a read that comes alone} It has nothing else to do then.
    boolean areShortAlone() {
        return average <= WAY_NANOS;
    }

    /// A read was done, by whomsoever.
    ///
    /// @param nanos that it took
    void took(long nanos) {
        average += (Math.min(nanos, MOST_NANOS) - average) / PARTS;
    }
}
