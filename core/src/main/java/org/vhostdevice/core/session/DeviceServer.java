package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserConnection;
import org.vhostdevice.core.transport.VhostUserListener;

/// Serves a device to one front end after another.
public final class DeviceServer {
    private static final Logger LOGGER = System.getLogger(DeviceServer.class.getName());

    private final Endpoint endpoint;
    private final VirtioDevice device;
    private final ServerOptions options;
    private final List<QueueMetrics> metrics;
    private volatile @Nullable VhostUserListener listener;
    private volatile boolean stopped;

    /// Prepares to serve a device.
    ///
    /// @param endpoint where front ends are found
    /// @param device stays the caller's, who closes it after [#run]
    /// @param options how it is served
    public DeviceServer(Endpoint endpoint, VirtioDevice device, ServerOptions options) {
        this.endpoint = endpoint;
        this.device = device;
        this.options = options;
        this.metrics =
                Stream.generate(QueueMetrics::new).limit(device.queueCount()).toList();
    }

    /// Serves front ends, one at a time, until [#stop] is called; at an inherited connection, until that one ends.
    /// Called
    /// once; the calling thread obeys the front end's messages.
    ///
    /// Whatever a front end or a guest does costs no more than its connection. When this returns, no request is in
    /// flight, no thread is left and the socket file is removed.
    ///
    /// @throws IOException if the end point cannot be opened, or the host cannot accept connections any more
    public void run() throws IOException {
        try (VhostUserListener opened = VhostUserListener.open(endpoint);
                Workers workers = new Workers(device)) {
            listener = opened;
            if (stopped) {
                return;
            }
            options.whenReady().run();
            VhostUserConnection connection = opened.accept();
            while (connection != null) {
                serve(connection, workers);
                connection = opened.accept();
            }
        }
    }

    /// Ends [#run] soon: requests in flight are completed, then the front end is disconnected. Any thread, at any time.
    public void stop() {
        stopped = true;
        VhostUserListener open = listener;
        if (open != null) {
            open.stop();
        }
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
