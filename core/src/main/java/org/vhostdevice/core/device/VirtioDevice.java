package org.vhostdevice.core.device;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// A virtio device: what a device author writes.
///
/// The core owns the socket, the rings and the threads. It calls [#start] when a ring starts, hands the ring's
/// chains to the returned handler on one thread, and closes the handler once the ring has stopped.
public interface VirtioDevice extends AutoCloseable {
    /// {@return what kind of device this is}
    DeviceType type();

    /// {@return the number of queues that a front end may use, at least 1; constant}
    int queueCount();

    /// {@return the largest ring size accepted, 1 to 32768}
    default int maxQueueSize() {
        return 1024;
    }

    /// {@return the device-specific feature bits offered (0 to 23 and 50 up)} The core adds the bits of rings and
    /// transport.
    long features();

    /// {@return whether VIRTIO_F_IN_ORDER is offered, so that chains are given back in the order of the ring} Not where
    /// one may wait for another that comes later, since what is done is held back until all before it is.
    default boolean inOrder() {
        return true;
    }

    /// {@return the configuration space}
    default ConfigSpace config() {
        return ConfigSpace.EMPTY;
    }

    /// {@return what moves with the guest when it migrates}
    default DeviceState state() {
        return DeviceState.NONE;
    }

    /// {@return the worker thread that serves a queue: queues with the same number share a thread}
    ///
    /// @param queue from 0 to [#queueCount] - 1
    default int worker(int queue) {
        return queue;
    }

    /// {@return whether its queues have the kernel transfer bytes of files ([WorkerContext#transfers])} Their workers
    /// wait in an io_uring then, where the host has one.
    default boolean transfersFiles() {
        return false;
    }

    /// {@return what a worker looks after on the host at all times; null for nothing}
    default @Nullable HostSide hostSide() {
        return null;
    }

    /// The driver has accepted features. No ring is started; called again when it changes its mind.
    ///
    /// @param features those of device, rings and transport
    default void negotiated(FeatureSet features) {}

    /// Begins to serve a queue. Called on the queue's worker thread, for each start of the ring.
    ///
    /// @param context valid until the handler is closed
    /// @return the handler of this queue's chains
    /// @throws IOException if the host cannot serve the queue now; the ring then stays stopped and reports an error
    QueueHandler start(QueueContext context) throws IOException;

    /// Says what to call when the configuration space has changed by itself. Called once, before all else.
    ///
    /// @param configChanged tells the front end, if one is there; any thread
    default void observe(Runnable configChanged) {}

    /// Looks again at what it uses on the host, as the person who runs it wishes (SIGHUP). Any thread, at any time
    /// before [#close].
    default void reload() {}

    /// Returns to the initial state: the driver resets the device or another front end takes over. All rings are
    /// stopped.
    default void reset() {}

    /// Frees what the device holds. All rings are stopped; called once.
    @Override
    void close();

    /// {@return the bit mask of a device-specific feature bit}
    ///
    /// @param bit the number in the device's section of the specification
    static long feature(int bit) {
        return VirtioFeature.mask(bit);
    }
}
