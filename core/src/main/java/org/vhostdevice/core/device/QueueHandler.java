package org.vhostdevice.core.device;

import org.vhostdevice.core.virtqueue.DescriptorChain;

/// Serves the chains of one started queue.
///
/// All methods are called on the queue's worker thread only. The core takes chains from the ring in batches,
/// suppresses notifications meanwhile and publishes the used ring after each batch.
@FunctionalInterface
public interface QueueHandler extends AutoCloseable {
    /// Handles one chain, now or later; completes it exactly once, on the worker thread.
    ///
    /// The chain's buffers are valid until it is completed. Their bytes may change at any time, so what is checked
    /// must be copied first. Nothing that a guest can put there may throw.
    ///
    /// @param chain taken from the ring, in the ring's order
    void handle(DescriptorChain chain);

    /// {@return whether a chain could be used now} While false, chains stay in the ring; after a change to true the
    /// handler calls [QueueContext#resume].
    default boolean ready() {
        return true;
    }

    /// {@return whether the handler has something to put into chains when the ring has none} The driver may then be
    /// asked to notify of several new chains at once.
    default boolean starves() {
        return false;
    }

    /// {@return whether the driver may give a chain soon after those that it has given} An emptied ring is looked at a
    /// little longer then, before its thread sleeps.
    default boolean expectsMore() {
        return true;
    }

    /// Called after each batch of [#handle] calls: the place to submit what they prepared.
    default void batchEnd() {}

    /// Called whenever the worker has been awake, for whatever reason: the place to take what the host has done and
    /// has not told of yet. Costs next to nothing.
    default void look() {}

    /// {@return for how many nanoseconds [#look] need not be called, if nothing else wakes the worker} This is how a
    /// handler has deadlines: it is asked before each sleep.
    default long patience() {
        return Long.MAX_VALUE;
    }

    /// The ring is about to stop: chains held should complete soon, without waiting for anything that may never
    /// come. The core keeps serving the worker's events until all are completed.
    default void quiesce() {}

    /// The ring is about to stop, and the front end wants no delay: a handler that can gives up the chains it holds
    /// without completing them. Nothing on the host touches them any more when this returns true. They are
    /// recorded, and whoever starts the ring next gets them first.
    ///
    /// @return whether all chains are given up; otherwise the ring is drained, beginning with [#quiesce]
    default boolean suspend() {
        return false;
    }

    /// The ring has stopped. No chain is held, unless they were given up or something failed: the front end took guest
    /// memory away under a request, or the handler itself threw. Then nothing is in flight on the host any more
    /// when this returns, and completing a chain does nothing.
    @Override
    default void close() {}
}
