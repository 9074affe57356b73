package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;

/// The worker's event loop with deadlines, from its beginning to its end. Before and after there are no events, and
/// tasks wait.
public final class EndLoop implements EndContext {
    private static final System.Logger LOGGER = System.getLogger("org.vhostdevice.console");

    private final Deadlines deadlines = new Deadlines();
    private volatile @Nullable WorkerContext worker; // changed under the lock
    private final List<Runnable> early = new ArrayList<>(); // guarded by this

    /// Makes a loop that has not begun.
    public EndLoop() {}

    /// Begins.
    ///
    /// @param context of the worker
    public synchronized void begin(WorkerContext context) {
        worker = context;
        early.forEach(context::execute);
        early.clear();
    }

    /// Ends. What is watched then is the worker's to forget.
    public synchronized void end() {
        worker = null;
    }

    @Override
    public synchronized void execute(Runnable task) {
        WorkerContext there = worker;
        if (there == null) {
            boolean _ = early.add(task);
        } else {
            there.execute(task);
        }
    }

    @Override
    public void watch(int fd, int interest, Watcher watcher) throws IOException {
        WorkerContext there = worker;
        if (there == null) {
            throw new IOException("the device is not served");
        }
        there.watch(fd, interest, watcher);
    }

    @Override
    public void rewatch(int fd, int interest) {
        WorkerContext there = worker;
        try {
            if (there != null) {
                there.rewatch(fd, interest);
            }
        } catch (IOException e) {
            LOGGER.log(Level.ERROR, "a descriptor is watched no longer: " + e.getMessage());
        }
    }

    @Override
    public void unwatch(int fd) {
        WorkerContext there = worker;
        if (there != null) {
            there.unwatch(fd);
        }
    }

    @Override
    public Deadlines deadlines() {
        return deadlines;
    }
}
