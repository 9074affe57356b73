package org.vhostdevice.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.session.DeviceServer;
import org.vhostdevice.core.session.ServerOptions;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// A device served by a thread of this process, on a socket as any front end sees it.
final class LocalServer implements AutoCloseable {
    private final VhostUserListener listener;
    private final DeviceServer server;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /// Starts to serve: front ends can connect.
    ///
    /// @param device stays the caller's, who closes it after this
    /// @param socket where
    /// @throws IOException if the socket cannot be used
    LocalServer(VirtioDevice device, Path socket) throws IOException {
        listener = VhostUserListener.open(Endpoint.Listen.of(socket, null, null));
        server = new DeviceServer(listener, device, ServerOptions.DEFAULT);
        Thread _ = Thread.ofPlatform().daemon().name("vhost-server").start(this::run);
    }

    private void run() {
        try {
            server.run();
            boolean _ = ended.complete(null);
        } catch (IOException | RuntimeException | Error e) {
            boolean _ = ended.completeExceptionally(e);
        }
    }

    /// Makes the server end soon. Any thread.
    void stop() {
        server.stop();
    }

    /// Returns when the server has ended.
    ///
    /// @throws IOException if it ended for a fault of the host
    void awaitEnd() throws IOException, InterruptedException {
        try {
            Void _ = ended.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException(e);
        }
    }

    /// Ends the server and removes the socket.
    @Override
    public void close() throws IOException {
        stop();
        Void _ = ended.exceptionally(_ -> null).join();
        listener.close();
    }
}
