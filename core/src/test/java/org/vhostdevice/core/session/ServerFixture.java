package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// A device served on a socket in a directory of its own, by a thread of its own.
final class ServerFixture implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Path directory;
    private final Path socket;
    private final VirtioDevice device;
    private final VhostUserListener listener;
    private final DeviceServer server;
    private final CompletableFuture<?> outcome;

    private ServerFixture(Path directory, VirtioDevice device, ServerOptions options) throws IOException {
        this.directory = directory;
        this.socket = directory.resolve("device.sock");
        this.device = device;
        this.listener = VhostUserListener.open(Endpoint.Listen.of(socket, null, null));
        this.server = new DeviceServer(listener, device, options);
        this.outcome = Background.run(server::run);
    }

    static ServerFixture serve(VirtioDevice device) throws IOException {
        return serve(device, ServerOptions.DEFAULT);
    }

    static ServerFixture serve(VirtioDevice device, ServerOptions options) throws IOException {
        return new ServerFixture(Files.createTempDirectory("vhost"), device, options);
    }

    /// Ends this server and serves another device on the same socket, as another process would.
    ServerFixture replacedBy(VirtioDevice next) throws IOException {
        stop();
        listener.close();
        device.close();
        return new ServerFixture(directory, next, ServerOptions.DEFAULT);
    }

    Path socket() {
        return socket;
    }

    DeviceServer server() {
        return server;
    }

    /// Connects and agrees on everything that the device offers.
    StepFrontend negotiated() throws IOException {
        StepFrontend frontend = StepFrontend.connect(socket);
        frontend.negotiate();
        return frontend;
    }

    /// Connects, agrees on everything and starts and enables all queues.
    StepFrontend started() throws IOException {
        StepFrontend frontend = negotiated();
        frontend.startAll();
        return frontend;
    }

    /// What the process holds when nothing of earlier front ends is left: one that is answered is served alone.
    ProcessResources resourcesBetweenFrontEnds() throws IOException {
        try (StepFrontend frontend = StepFrontend.connect(socket)) {
            frontend.client.getFeatures();
            return ProcessResources.now();
        }
    }

    /// Stops the server and waits until it has ended.
    void stop() {
        server.stop();
        outcome.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }

    @Override
    public void close() throws IOException {
        stop();
        listener.close();
        device.close();
        assertFalse(Files.exists(socket), "the socket file is removed");
        Files.delete(directory);
    }
}
