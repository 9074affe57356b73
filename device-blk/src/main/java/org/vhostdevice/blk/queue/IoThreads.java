package org.vhostdevice.blk.queue;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The threads of a disk that wait for its storage, made when they are first needed. Any thread.
public final class IoThreads implements Executor, AutoCloseable {
    private static final int IDLE_SECONDS = 30;

    private final AtomicInteger made = new AtomicInteger();
    private final ThreadPoolExecutor pool;

    /// Makes no thread yet.
    ///
    /// @param most threads at once, more than 0
    public IoThreads(int most) {
        pool = new ThreadPoolExecutor(
                most, most, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> Thread.ofPlatform()
                        .daemon()
                        .name("vhost-block-io-" + made.getAndIncrement())
                        .unstarted(task));
        pool.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable task) {
        pool.execute(task);
    }

    /// Ends the threads. No task is under way.
    @Override
    public void close() {
        pool.shutdownNow();
    }
}
