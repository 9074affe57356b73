package org.vhostdevice.fs.queue;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Handover;
import org.vhostdevice.core.device.IoThreads;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.fs.fuse.FuseServer;
import org.vhostdevice.fs.fuse.Opcode;

/// Serves the requests of one queue (VIRTIO 1.4, 5.11.6), the high-priority one or another.
///
/// What usually does not wait is done by the worker itself, since the way to another thread and back takes longer. What
/// waits for the medium is done by threads, several at once; reads by the worker as long as they are short enough. What
/// waits for a lock holds no thread: it is tried again when a lock was given back, and now and then, since other
/// processes of the host may have it.
public final class FsQueue implements QueueHandler {
    /// So many requests may wait for locks that the ring has room for those that give locks back: a request takes three
    /// descriptors, and the smallest rings in use have 128.
    static final int MAX_LOCK_WAITS = 32;

    private static final int HIGH_PRIORITY = 0;
    private static final long FIRST_RETRY_NANOS = 5_000_000;
    private static final long LAST_RETRY_NANOS = 100_000_000;

    /// Takes longer than to signal the driver.
    private static final long PUBLISH_NANOS = 20_000;

    private final QueueContext context;
    private final FuseServer server;
    private final IoThreads threads;
    private final LockWaits locks;
    private final Handover<FsRequest> handover;
    private final ReadTimes reads;
    private final int most;
    private final ArrayDeque<FsRequest> free = new ArrayDeque<>();
    private int made;
    private final WaitingLocks waiting = new WaitingLocks(MAX_LOCK_WAITS);
    private final AtomicBoolean retryTold = new AtomicBoolean();
    private boolean retryTimed;
    private long retryNanos;
    private boolean inBatch;
    private long published;
    private boolean stopping;
    private @Nullable FsRequest lone;

    /// Begins to serve a queue. Worker's thread.
    ///
    /// @param context of the queue
    /// @param server serves its requests
    /// @param threads wait for the medium
    /// @param locks of all queues of the device
    public FsQueue(QueueContext context, FuseServer server, IoThreads threads, LockWaits locks) {
        this(context, server, threads, locks, new ReadTimes());
    }

    FsQueue(QueueContext context, FuseServer server, IoThreads threads, LockWaits locks, ReadTimes reads) {
        this.reads = reads;
        this.context = context;
        this.server = server;
        this.threads = threads;
        this.locks = locks;
        handover = new Handover<>(context, this::takeBack);
        most = 1 + MAX_LOCK_WAITS + 2 * threads.most();
        locks.add(this);
    }

    @Override
    public boolean ready() {
        return !free.isEmpty() || made < most;
    }

    /// {@return whether answers may make the guest send more} Those of the high-priority queue do not, and a thread
    /// that is to give one needs the processor.
    @Override
    public boolean expectsMore() {
        return context.index() != HIGH_PRIORITY && handover.away() == 0;
    }

    @Override
    public void handle(DescriptorChain chain) {
        if (!inBatch) {
            inBatch = true;
            published = System.nanoTime();
        }
        FsRequest request = take();
        if (request.begin(chain)) {
            send(request);
        } else if (request.tryNow()) {
            finish(request);
            publishNowAndThen();
        } else if (request.call().opcode() == Opcode.SETLKW) {
            await(request);
        } else if (reads.areShort()) {
            read(request);
            publishNowAndThen();
        } else if (lone == null && handover.away() == 0 && reads.areShortAlone()) {
            lone = request;
        } else {
            sendLone();
            send(request);
        }
    }

    /// The driver goes on with what is done while the rest of a batch, which may be long, is done.
    private void publishNowAndThen() {
        long now = System.nanoTime();
        if (now - published > PUBLISH_NANOS) {
            published = now;
            context.publish();
        }
    }

    private void sendLone() {
        if (lone != null) {
            FsRequest first = lone;
            lone = null;
            send(first);
        }
    }

    @Override
    public void batchEnd() {
        inBatch = false;
        if (lone != null) {
            FsRequest only = lone;
            lone = null;
            read(only);
        }
    }

    private void read(FsRequest request) {
        request.perform();
        reads.took(request.nanos());
        finish(request);
    }

    private FsRequest take() {
        FsRequest request = free.poll();
        if (request == null) {
            made++;
            request = new FsRequest(server, handover::giveBack);
        }
        return request;
    }

    private void finish(FsRequest request) {
        Opcode opcode = request.call().opcode();
        boolean wasReady = ready();
        try {
            request.finish();
        } finally {
            free.push(request);
        }
        if (!wasReady) {
            context.resume();
        }
        if (opcode == Opcode.INTERRUPT) {
            locks.interrupted(request.call().target());
        } else if (opcode != null && opcode.mayUnlock()) {
            locks.unlocked();
        }
    }

    private void send(FsRequest request) {
        handover.sent();
        threads.execute(request);
    }

    private void takeBack(FsRequest request) {
        request.rethrow();
        if (request.call().opcode() == Opcode.READ) {
            reads.took(request.nanos());
        }
        finish(request);
    }

    /// Lets a request wait for its lock.
    private void await(FsRequest request) {
        if (stopping) {
            request.call().fail(Errno.EINTR);
            finish(request);
        } else if (waiting.add(request)) {
            retryNanos = FIRST_RETRY_NANOS;
            retryLater();
        } else {
            request.call().fail(Errno.ENOLCK);
            finish(request);
        }
    }

    private void retryLater() {
        if (!retryTimed && waiting.any()) {
            retryTimed = true;
            threads.after(retryNanos, () -> context.execute(this::retryOnTime));
        }
    }

    private void retryOnTime() {
        retryTimed = false;
        retryNanos = Math.min(2 * retryNanos, LAST_RETRY_NANOS);
        retry();
        retryLater();
    }

    /// A lock may have been given back in this process. Any thread.
    void unlocked() {
        if (waiting.any() && retryTold.compareAndSet(false, true)) {
            context.execute(this::retry);
        }
    }

    /// A request is to wait for its lock no longer. Any thread.
    void interrupted(long unique) {
        if (waiting.interrupt(unique)) {
            unlocked();
        }
    }

    private void retry() {
        retryTold.set(false);
        for (FsRequest request : waiting.all()) {
            if (request.interrupted()) {
                giveUp(request);
            } else if (request.tryNow()) {
                waiting.remove(request);
                finish(request);
            }
        }
    }

    private void giveUp(FsRequest request) {
        waiting.remove(request);
        request.call().fail(Errno.EINTR);
        finish(request);
    }

    /// Requests wait for locks no longer.
    @Override
    public void quiesce() {
        stopping = true;
        for (FsRequest request : waiting.all()) {
            giveUp(request);
        }
    }

    @Override
    public void close() {
        stopping = true;
        locks.remove(this);
        for (FsRequest request : waiting.all()) {
            waiting.remove(request);
        }
        handover.close();
    }
}
