package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.session.DeviceServer;
import org.vhostdevice.core.session.ServerOptions;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// Serves a device on a socket by a thread of its own, until it is closed together with the device.
public final class DeviceServerFixture implements AutoCloseable {
    private final VirtioDevice device;
    private final VhostUserListener listener;
    private final DeviceServer server;
    private final CompletableFuture<?> ended;

    /// Begins to serve.
    ///
    /// @param device closed at the end
    /// @param socket path of the socket
    /// @throws Exception if the host refuses
    public DeviceServerFixture(VirtioDevice device, Path socket) throws Exception {
        this.device = device;
        listener = VhostUserListener.open(Endpoint.Listen.of(socket, null, null));
        server = new DeviceServer(listener, device, ServerOptions.DEFAULT);
        ended = Background.run(server::run);
    }

    @Override
    public void close() throws IOException {
        server.stop();
        ended.join();
        listener.close();
        device.close();
    }
}
