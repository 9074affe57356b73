package org.vhostdevice.core.session;

import java.io.IOException;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;

/// What a worker lends a device of itself.
///
/// @param worker the thread
record LentWorker(VringWorker worker) implements WorkerContext {
    @Override
    public void execute(Runnable task) {
        worker.execute(task);
    }

    @Override
    public void watch(int fd, int interest, Watcher watcher) throws IOException {
        worker.watch(fd, interest, watcher);
    }

    @Override
    public void rewatch(int fd, int interest) throws IOException {
        worker.rewatch(fd, interest);
    }

    @Override
    public void unwatch(int fd) {
        worker.unwatch(fd);
    }
}
