package org.vhostdevice.core.device;

import java.io.IOException;

/// What a device has on the host beyond its queues, such as sockets that listen: looked after whether a front end is
/// there or not. All methods are called on the thread of one worker, between two batches of chains.
public interface HostSide {
    /// {@return the number of the worker, as [VirtioDevice#worker] gives it to queues}
    default int worker() {
        return 0;
    }

    /// Begins, before the first front end is served.
    ///
    /// @param context of the worker, until [#end]
    /// @throws IOException if the host refuses; no front end is served then
    void begin(WorkerContext context) throws IOException;

    /// Called whenever the worker has been awake, for whatever reason. Costs next to nothing.
    default void look() {}

    /// {@return for how many nanoseconds [#look] need not be called, if nothing else wakes the worker} This is how
    /// there are deadlines: it is asked before each sleep.
    default long patience() {
        return Long.MAX_VALUE;
    }

    /// No front end is served any more, and all rings are stopped. Also called if [#begin] failed.
    void end();
}
