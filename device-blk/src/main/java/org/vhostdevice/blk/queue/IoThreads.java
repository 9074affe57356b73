package org.vhostdevice.blk.queue;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The threads of a disk that wait for its storage or for a time, made when they are first needed. Any thread.
public final class IoThreads implements Executor, Disk.Timer, AutoCloseable {
    private static final int IDLE_SECONDS = 30;

    private final ThreadPoolExecutor pool;
    private final ScheduledThreadPoolExecutor timer;

    /// Makes no thread yet.
    ///
    /// @param most threads that wait for the storage at once, more than 0
    public IoThreads(int most) {
        pool = new ThreadPoolExecutor(
                most, most, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("vhost-block-io-"));
        pool.allowCoreThreadTimeOut(true);
        timer = new ScheduledThreadPoolExecutor(1, named("vhost-block-timer-"));
    }

    private static ThreadFactory named(String prefix) {
        AtomicInteger made = new AtomicInteger();
        return task -> Thread.ofPlatform()
                .daemon()
                .name(prefix + made.getAndIncrement())
                .unstarted(task);
    }

    /// {@return these threads, as the queues see them}
    public Disk.Host host() {
        return new Disk.Host(this, this);
    }

    @Override
    public void execute(Runnable task) {
        pool.execute(task);
    }

    @Override
    public void after(long nanos, Runnable task) {
        var _ = timer.schedule(task, nanos, TimeUnit.NANOSECONDS);
    }

    /// Ends the threads. No task is under way; what was to run later does not.
    @Override
    public void close() {
        var _ = timer.shutdownNow();
        var _ = pool.shutdownNow();
    }
}
