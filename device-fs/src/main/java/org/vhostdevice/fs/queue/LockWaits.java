package org.vhostdevice.fs.queue;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Tells queues with requests that wait for locks what might end their wait. Any thread.
public final class LockWaits {
    private final List<FsQueue> queues = new CopyOnWriteArrayList<>();

    /// Makes an object without queues.
    public LockWaits() {}

    void add(FsQueue queue) {
        queues.add(queue);
    }

    void remove(FsQueue queue) {
        queues.remove(queue);
    }

    /// A lock may have been given back.
    void unlocked() {
        for (FsQueue queue : queues) {
            queue.unlocked();
        }
    }

    /// A request is to wait no longer.
    void interrupted(long unique) {
        for (FsQueue queue : queues) {
            queue.interrupted(unique);
        }
    }
}
