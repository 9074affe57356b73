package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.sys.FileTransfers;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.virtqueue.FeatureSet;

/// What the core lends a queue's handler, on the test's thread: tasks and descriptors get their turn in [#step].
public final class TestContext implements QueueContext, AutoCloseable {
    private static final long LOOK_NANOS = 1_000_000;

    private final int index;
    private final FeatureSet features;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Semaphore given = new Semaphore(0);
    private final Poller poller;
    private int watched; // descriptors, and those who have files transferred
    private boolean resumed;
    private int published;

    /// Makes what a queue is lent.
    ///
    /// @param index of the queue
    /// @param features that the driver has accepted
    /// @throws IOException if the process has too many open files
    public TestContext(int index, FeatureSet features) throws IOException {
        this(index, features, Poller.create());
    }

    private TestContext(int index, FeatureSet features, Poller poller) {
        this.index = index;
        this.features = features;
        this.poller = poller;
    }

    /// As the constructor, for a device that has the kernel transfer files.
    ///
    /// @param index of the queue
    /// @param features that the driver has accepted
    /// @return the context
    /// @throws IOException if the process has too many open files
    public static TestContext forFiles(int index, FeatureSet features) throws IOException {
        return new TestContext(index, features, Poller.createForFiles());
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public FeatureSet features() {
        return features;
    }

    @Override
    public void resume() {
        resumed = true;
    }

    @Override
    public void publish() {
        published++;
    }

    /// How often the handler has shown the driver what was done, before the end of a batch.
    ///
    /// @return how often
    public int published() {
        return published;
    }

    /// Whether the handler has asked for chains since the last call. Most tests look again by themselves.
    ///
    /// @return whether it has
    public boolean takeResumed() {
        boolean was = resumed;
        resumed = false;
        return was;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        given.release();
    }

    @Override
    public void watch(int fd, int interest, Watcher watcher) throws IOException {
        poller.add(fd, interest, watcher);
        watched++;
    }

    @Override
    public void rewatch(int fd, int interest) throws IOException {
        poller.modify(fd, interest);
    }

    @Override
    public void unwatch(int fd) {
        poller.remove(fd);
        watched--;
    }

    @Override
    public FileTransfers transfers(FileTransfers.Completion completion) throws IOException {
        FileTransfers transfers = poller.transfers(completion);
        watched++;
        return transfers;
    }

    /// Waits a moment for something to do, and does it.
    public void step() throws IOException, InterruptedException {
        if (watched == 0) {
            given.acquire();
            given.release();
        }
        int ready = watched == 0 ? 0 : poller.await(tasks.isEmpty() ? LOOK_NANOS : 0);
        for (int i = 0; i < ready; i++) {
            ((Watcher) poller.token(i)).ready(poller.ready(i));
        }
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            given.acquire();
            task.run();
        }
    }

    @Override
    public void close() {
        poller.close();
    }
}
