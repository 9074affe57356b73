package org.vhostdevice.console.end;

import java.io.IOException;
import org.vhostdevice.core.device.Deadlines;
import org.vhostdevice.core.device.Watcher;

/// What the worker lends host ends: its event loop, which runs whether a guest is there or not. Worker's thread only,
/// but for [#execute].
public interface EndContext {
    /// Runs a task on the worker's thread, soon. Any thread.
    ///
    /// @param task must not wait
    void execute(Runnable task);

    /// Watches a descriptor.
    ///
    /// @param fd borrowed, until [#unwatch]
    /// @param interest [Watcher#READ], [Watcher#WRITE], both, or 0 for nothing yet
    /// @param watcher runs whenever the descriptor is ready for what is of interest
    /// @throws IOException if the host cannot watch it
    void watch(int fd, int interest, Watcher watcher) throws IOException;

    /// Changes what is of interest.
    ///
    /// @param fd watched
    /// @param interest [Watcher#READ], [Watcher#WRITE], both, or 0 for nothing, not even a hang-up
    void rewatch(int fd, int interest);

    /// Watches a descriptor no longer, before it is closed.
    ///
    /// @param fd watched
    void unwatch(int fd);

    /// {@return what is to happen later, which must not wait}
    Deadlines deadlines();
}
