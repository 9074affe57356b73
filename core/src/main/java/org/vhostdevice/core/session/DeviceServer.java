package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.stream.Stream;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.transport.VhostUserConnection;
import org.vhostdevice.core.transport.VhostUserListener;

/// Serves a device to one front end after another.
public final class DeviceServer {
    private static final Logger LOGGER = System.getLogger(DeviceServer.class.getName());

    private final VhostUserListener listener;
    private final VirtioDevice device;
    private final ServerOptions options;
    private final List<QueueMetrics> metrics;

    /// Prepares to serve a device.
    ///
    /// @param listener stays the caller's, who closes it after [#run]
    /// @param device stays the caller's, who closes it after [#run]
    /// @param options how it is served
    public DeviceServer(VhostUserListener listener, VirtioDevice device, ServerOptions options) {
        this.listener = listener;
        this.device = device;
        this.options = options;
        this.metrics =
                Stream.generate(QueueMetrics::new).limit(device.queueCount()).toList();
    }

    /// Serves front ends, one at a time, until [#stop] is called; at an inherited connection, until that one ends.
    /// Called once; the calling thread obeys the front end's messages.
    ///
    /// Whatever a front end or a guest does costs no more than its connection. When this returns, no request is in
    /// flight and no thread is left.
    ///
    /// @throws IOException if the host cannot accept connections any more
    public void run() throws IOException {
        try (Workers workers = new Workers(device, options.busyWaitNanos())) {
            VhostUserConnection connection = listener.accept();
            while (connection != null) {
                serve(connection, workers);
                connection = listener.accept();
            }
        }
    }

    /// Ends [#run] soon: requests in flight are completed, then the front end is disconnected. Any thread, at any time.
    public void stop() {
        listener.stop();
    }

    /// What happened on each queue so far, by index.
    ///
    /// @return live counters
    public List<QueueMetrics> metrics() {
        return metrics;
    }

    private void serve(VhostUserConnection connection, Workers workers) {
        LOGGER.log(Level.DEBUG, "a front end has connected");
        try (connection) {
            new Session(connection, workers, options, metrics).run();
        } catch (RuntimeException | Error e) {
            LOGGER.log(Level.ERROR, "the device failed, the connection ends", e);
        }
        LOGGER.log(Level.DEBUG, "the front end has gone");
    }
}
