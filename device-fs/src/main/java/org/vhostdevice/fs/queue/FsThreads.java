package org.vhostdevice.fs.queue;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The threads of a queue that wait for the host's medium, and one that waits for times; made when they are first
/// needed, ended when idle. Any thread.
public final class FsThreads implements Executor, AutoCloseable {
    /// How many threads a queue has if nobody says: enough to keep a medium busy.
    public static final int DEFAULT = 16;

    private static final int IDLE_SECONDS = 30;

    private final int most;
    private final ThreadPoolExecutor pool;
    private final ScheduledThreadPoolExecutor timer;

    /// Makes no thread yet.
    ///
    /// @param most threads at once, 1 or more
    /// @param queue whose they are, for their names
    public FsThreads(int most, int queue) {
        this.most = most;
        pool = new ThreadPoolExecutor(
                most,
                most,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                named("vhost-fs-q" + queue + "-io-"));
        pool.allowCoreThreadTimeOut(true);
        timer = new ScheduledThreadPoolExecutor(1, named("vhost-fs-q" + queue + "-timer-"));
        timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
    }

    private static ThreadFactory named(String prefix) {
        AtomicInteger made = new AtomicInteger();
        return task -> Thread.ofPlatform()
                .daemon()
                .name(prefix + made.getAndIncrement())
                .unstarted(task);
    }

    /// {@return how many requests may wait at once}
    int most() {
        return most;
    }

    @Override
    public void execute(Runnable task) {
        pool.execute(task);
    }

    /// Runs a task later.
    void after(long nanos, Runnable task) {
        var _ = timer.schedule(task, nanos, TimeUnit.NANOSECONDS);
    }

    /// Ends the threads. No task is under way; what was to run later does not.
    @Override
    public void close() {
        var _ = timer.shutdownNow();
        var _ = pool.shutdownNow();
    }
}
