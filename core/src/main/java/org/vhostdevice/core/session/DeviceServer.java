package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
    private volatile @Nullable Session current;

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
        device.observe(this::configChanged);
    }

    private void configChanged() {
        Session session = current;
        if (session != null) {
            session.configChanged();
        }
    }

    /// Serves front ends, one at a time, until [#stop] is called; at an inherited connection, until that one ends.
    /// Called once; the calling thread obeys the front end's messages.
    ///
    /// Whatever a front end or a guest does costs no more than its connection. When this returns, no request is in
    /// flight and no thread is left.
    ///
    /// @throws IOException if the host cannot accept connections any more, or refuses what the device needs
    public void run() throws IOException {
        try (Workers workers = new Workers(device, options.busyWaitNanos())) {
            workers.begin();
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
            Session session = new Session(connection, workers, options, metrics);
            current = session;
            session.run();
        } catch (RuntimeException | Error e) {
            LOGGER.log(Level.ERROR, "the device failed, the connection ends", e);
        } finally {
            current = null;
        }
        LOGGER.log(Level.DEBUG, "the front end has gone");
    }
}
