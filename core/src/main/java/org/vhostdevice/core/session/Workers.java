package org.vhostdevice.core.session;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.vhostdevice.core.device.HostSide;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.sys.Poller;

/// The worker threads of a device, made when they are first needed and kept until the server ends. Control thread only.
final class Workers implements AutoCloseable {
    private final VirtioDevice device;
    private final long busyWaitNanos;
    private final Map<Integer, VringWorker> byNumber = new HashMap<>();

    /// @param busyWaitNanos how long an empty ring is looked at before its thread sleeps
    Workers(VirtioDevice device, long busyWaitNanos) {
        this.device = device;
        this.busyWaitNanos = busyWaitNanos;
    }

    /// The device whose queues they serve.
    VirtioDevice device() {
        return device;
    }

    /// Begins to look after what the device has on the host beyond its queues.
    ///
    /// @throws IOException if the host refuses
    void begin() throws IOException {
        HostSide side = device.hostSide();
        if (side != null) {
            numbered(side.worker()).lookAfter(side);
        }
    }

    /// The worker that serves a queue.
    ///
    /// @throws IOException if it cannot be made, because the process has too many open files
    VringWorker of(int queue) throws IOException {
        return numbered(device.worker(queue));
    }

    private VringWorker numbered(int number) throws IOException {
        VringWorker worker = byNumber.get(number);
        if (worker == null) {
            worker = VringWorker.start(
                    "vhost-" + device.type().name() + "-q" + number,
                    busyWaitNanos,
                    device.transfersFiles() ? Poller.createForFiles() : Poller.create());
            byNumber.put(number, worker);
        }
        return worker;
    }

    /// Ends all threads. Every ring has stopped.
    @Override
    public void close() {
        byNumber.values().forEach(VringWorker::close);
        byNumber.clear();
    }
}
