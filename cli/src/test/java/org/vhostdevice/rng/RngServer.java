package org.vhostdevice.rng;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.vhostdevice.core.session.DeviceServer;
import org.vhostdevice.core.session.ServerOptions;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// Serves an entropy device in a program that does other things too.
public final class RngServer implements AutoCloseable {
    private final RngDevice device = new RngDevice(4096);
    private final VhostUserListener listener;
    private final DeviceServer server;
    private final CompletableFuture<Void> ended;

    /// Begins to serve: front ends can connect once this returns.
    ///
    /// @param socket made here, for the user of this process only, and removed at the end
    /// @throws IOException if the host refuses
    public RngServer(Path socket) throws IOException {
        listener = VhostUserListener.open(Endpoint.Listen.of(socket, null, null));
        server = new DeviceServer(listener, device, ServerOptions.DEFAULT);
        ended = CompletableFuture.runAsync(
                this::run, task -> Thread.ofPlatform().name("rng-server").start(task));
    }

    private void run() {
        try {
            server.run();
        } catch (IOException e) {
            System.getLogger("rng").log(System.Logger.Level.ERROR, "no front end can be served", e);
        }
    }

    /// Ends requests in flight, disconnects the front end and removes the socket.
    @Override
    public void close() throws IOException {
        server.stop();
        ended.join();
        device.close();
        listener.close();
    }
}
