package org.vhostdevice.core.device;

import java.io.IOException;
import org.vhostdevice.core.virtqueue.FeatureSet;

/// What the core lends the handler of a started queue.
public interface QueueContext {
    /// {@return the queue's index, from 0}
    int index();

    /// {@return the features that the driver accepted}
    FeatureSet features();

    /// Takes chains again after [QueueHandler#ready] had answered false. Worker thread only.
    void resume();

    /// Runs a task on the worker thread, soon. Any thread; a task given after the ring has stopped still runs.
    ///
    /// @param task must not block
    void execute(Runnable task);

    /// Watches a descriptor on the worker thread, only.
    ///
    /// @param fd borrowed, until [#unwatch]
    /// @param ready runs on the worker thread whenever a read would not wait
    /// @throws IOException if the host cannot watch it
    void watch(int fd, Runnable ready) throws IOException;

    /// Watches a descriptor no longer, before it is closed. Worker thread only.
    ///
    /// @param fd watched
    void unwatch(int fd);
}
