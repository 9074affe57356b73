package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;

/// Keeps all slots of a queue busy for a time, and measures.
public final class SlotLoad {
    private final SlotQueue queue;
    private final Work work;
    private final boolean polling;
    private final long timeoutNanos;
    private final long[] started;
    private int running;

    /// What the slots are used for.
    public interface Work {
        /// Fills an idle slot and offers it.
        ///
        /// @param slot its number
        /// @return whether it was offered; otherwise it rests until the device has used another one
        /// @throws IOException if the back end fails
        boolean start(int slot) throws IOException;

        /// Looks at what the device made of a slot.
        ///
        /// @param slot  its number
        /// @param tally where it is counted
        /// @throws IOException if it broke a rule
        void finish(int slot, Tally tally) throws IOException;
    }

    /// What is counted besides time.
    public static final class Tally {
        private long requests;
        private long writes;
        private long errors;
        private long bytes;

        Tally() {}

        /// Counts a request.
        ///
        /// @param write whether it brought data to the device
        /// @param data  bytes of data
        public void done(boolean write, long data) {
            requests++;
            writes += write ? 1 : 0;
            bytes += data;
        }

        /// Counts a request that the device refused.
        ///
        /// @param write whether it would have brought data to the device
        public void failed(boolean write) {
            done(write, 0);
            errors++;
        }
    }

    /// Makes a load that does not run yet.
    ///
    /// @param queue   whose slots are used; those that the device has already are waited for like others
    /// @param work    what they are used for
    /// @param polling whether the ring is looked at all the time, instead of waiting for calls
    /// @param timeout how long to wait for the device
    public SlotLoad(SlotQueue queue, Work work, boolean polling, Duration timeout) {
        this.queue = queue;
        this.work = work;
        this.polling = polling;
        timeoutNanos = timeout.toNanos();
        started = new long[queue.slots()];
    }

    /// Runs the load.
    ///
    /// @param time how long slots are offered
    /// @return what was measured; the latency of a slot is from its offer until it is seen to be used
    /// @throws BackendTimeout if the device keeps all slots
    /// @throws IOException    if the back end fails
    public LoadReport run(Duration time) throws IOException {
        var latency = new LatencyHistogram();
        var tally = new Tally();
        long begin = System.nanoTime();
        long end = begin + time.toNanos();
        long now = begin;
        queue.queue().ring().disarm();
        Arrays.fill(started, now);
        running = queue.offered();
        startAll(now);
        while (running > 0) {
            int slot = polling ? queue.poll(timeoutNanos) : queue.take(timeoutNanos);
            if (slot == SlotQueue.NONE) {
                throw new BackendTimeout(running + " requests on ring "
                        + queue.queue().index() + " not used within " + timeoutNanos / 1_000_000 + " ms");
            }
            now = System.nanoTime();
            for (; slot != SlotQueue.NONE; slot = queue.take()) {
                running--;
                latency.record(now - started[slot]);
                work.finish(slot, tally);
            }
            if (now - end < 0) {
                startAll(now);
            }
        }
        return new LoadReport(tally.requests, tally.writes, tally.errors, tally.bytes, now - begin, latency);
    }

    private void startAll(long now) throws IOException {
        for (int slot = queue.idle(); slot != SlotQueue.NONE && work.start(slot); slot = queue.idle()) {
            started[slot] = now;
            running++;
        }
        queue.submit();
    }
}
