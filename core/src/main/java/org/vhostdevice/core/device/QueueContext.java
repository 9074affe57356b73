package org.vhostdevice.core.device;

import org.vhostdevice.core.virtqueue.FeatureSet;

/// What the core lends the handler of a started queue.
public interface QueueContext extends WorkerContext {
    /// {@return the queue's index, from 0}
    int index();

    /// {@return the features that the driver accepted}
    FeatureSet features();

    /// {@return whether the ring goes on where it was before it started, so that the driver may know things of a
    /// device that served it earlier, perhaps in another process}
    default boolean goesOn() {
        return false;
    }

    /// Takes chains again after [QueueHandler#ready] had answered false. Worker thread only.
    void resume();

    /// Shows the driver what was completed so far, which is shown after some chains, and after each batch, anyway: for
    /// requests that take so long that the driver had better go on with the first while the others are done. Worker
    /// thread only.
    void publish();
}
