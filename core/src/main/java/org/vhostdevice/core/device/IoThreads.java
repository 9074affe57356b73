package org.vhostdevice.core.device;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Threads that wait for the host, and one that waits for times; made when they are first needed, ended when idle. Any
/// thread.
public final class IoThreads implements Executor, AutoCloseable {
    private static final int IDLE_SECONDS = 30;

    private final int most;
    private final ThreadPoolExecutor pool;
    private final ScheduledThreadPoolExecutor timer;

    /// Makes no thread yet.
    ///
    /// @param most threads that wait for the host at once, 1 or more
    /// @param name what the threads' names begin with, such as `vhost-block`
    public IoThreads(int most, String name) {
        this.most = most;
        pool = new ThreadPoolExecutor(
                most, most, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named(name + "-io-"));
        pool.allowCoreThreadTimeOut(true);
        timer = new ScheduledThreadPoolExecutor(1, named(name + "-timer-"));
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

    /// {@return how many threads may wait for the host at once}
    public int most() {
        return most;
    }

    @Override
    public void execute(Runnable task) {
        pool.execute(task);
    }

    /// Runs a task later.
    ///
    /// @param nanos from now
    /// @param task must not block
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
