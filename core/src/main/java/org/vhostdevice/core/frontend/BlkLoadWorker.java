package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;

/// The load of one queue. Allocates nothing while it runs.
final class BlkLoadWorker implements Callable<LoadReport> {
    /// Looks at an idle ring before the descriptors are looked at.
    private static final int SPINS = 10_000;

    private final BlkLoadOptions options;
    private final FrontendQueue queue;
    private final DriverQueue ring;
    private final BlkSlots slots;
    private final Share share;
    private final boolean verify;
    private final AccessPattern pattern;
    private final long timeoutNanos;
    private final long[] started;
    private final LatencyHistogram latency = new LatencyHistogram();
    private long toStart;
    private long running;
    private long completed;
    private long written;
    private long errors;

    /// A queue's part in a load.
    ///
    /// @param first  block where sequential access begins
    /// @param blocks of the whole disk
    /// @param stop   true when no more requests are to be made, as another queue failed
    record Share(long first, long blocks, AtomicBoolean stop) {}

    BlkLoadWorker(Frontend frontend, FrontendQueue queue, BlkLoadOptions options, Share share) {
        BlkWorkload workload = options.workload();
        this.options = options;
        this.queue = queue;
        this.share = share;
        ring = queue.ring();
        slots = new BlkSlots(workload, queue, frontend.memory());
        verify = workload.verify();
        timeoutNanos = frontend.options().link().timeout().toNanos();
        started = new long[workload.depth()];
        pattern = new AccessPattern(workload, workload.seed() + queue.index(), share.blocks(), share.first());
        toStart = options.requests();
    }

    @Override
    public LoadReport call() throws IOException {
        try {
            return load();
        } catch (IOException | RuntimeException | Error e) {
            share.stop().set(true);
            throw e;
        }
    }

    /// Gives up before the load has begun.
    void cancel() {
        slots.release();
    }

    private LoadReport load() throws IOException {
        long begin = System.nanoTime();
        long end = begin + options.duration().toNanos();
        long now = begin;
        ring.disarm();
        for (int slot = 0; slot < started.length && toStart > 0; slot++) {
            start(slot, now);
        }
        queue.submit();
        while (running > 0) {
            int used = awaitUsed();
            now = System.nanoTime();
            if (now - end >= 0 || share.stop().get()) {
                toStart = 0;
            }
            for (int left = used; left > 0 && ring.nextUsed(); left--) {
                finish(now);
            }
            queue.submit();
        }
        slots.release();
        return new LoadReport(
                completed, written, errors, completed * options.workload().blockSize(), now - begin, latency);
    }

    private void start(int slot, long now) {
        toStart--;
        running++;
        long block = pattern.nextBlock();
        boolean write = pattern.nextWrite();
        if (write && verify) {
            slots.fill(slot, block);
        }
        started[slot] = now;
        slots.offer(slot, block, write);
    }

    private void finish(long now) throws BackendViolation {
        int slot = slots.used();
        running--;
        completed++;
        latency.record(now - started[slot]);
        if (slots.status(slot) != BlkDriver.STATUS_OK) {
            errors++;
        } else if (verify && !slots.write(slot)) {
            slots.verify(slot);
        }
        if (slots.write(slot)) {
            written++;
        }
        if (toStart > 0) {
            start(slot, now);
        }
    }

    private int awaitUsed() throws IOException {
        int used = ring.pending();
        if (used == 0 && !(options.polling() ? poll() : queue.awaitUsed(timeoutNanos))) {
            throw new BackendTimeout(running + " requests on ring " + queue.index() + " not used within "
                    + timeoutNanos / 1_000_000 + " ms");
        }
        return used == 0 ? ring.pending() : used;
    }

    /// Looks at the ring until a chain can be taken, and from time to time whether the back end is there at all.
    private boolean poll() throws IOException {
        long deadline = System.nanoTime() + timeoutNanos;
        while (System.nanoTime() - deadline < 0) {
            for (int i = 0; i < SPINS; i++) {
                if (ring.pending() > 0) {
                    return true;
                }
                Thread.onSpinWait();
            }
            if (queue.awaitUsed(0)) {
                return true;
            }
        }
        return false;
    }
}
