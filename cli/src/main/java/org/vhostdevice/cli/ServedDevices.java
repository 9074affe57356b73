package org.vhostdevice.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.session.DeviceServer;
import org.vhostdevice.core.session.ServerOptions;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// The devices that one process serves, each on a socket and a thread of its own. What befalls one does not concern
/// the others.
final class ServedDevices implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("org.vhostdevice.cli");

    private final String name;
    private final ServerOptions options;
    private final List<One> all = new ArrayList<>();

    private final class One {
        private final String place;
        private final VhostUserListener listener;
        private final VirtioDevice device;
        private final DeviceServer server;
        private @Nullable IOException failure; // written by its thread, read after that has ended

        One(Endpoint endpoint, VhostUserListener listener, VirtioDevice device) {
            this.place = place(endpoint);
            this.listener = listener;
            this.device = device;
            this.server = new DeviceServer(listener, device, options);
        }

        void run() {
            LOG.log(Level.INFO, "serving " + name + " on " + place);
            try {
                server.run();
            } catch (IOException e) {
                failure = e;
                LOG.log(Level.ERROR, place + " is served no longer: " + e.getMessage());
            }
        }

        void close() throws IOException {
            device.close();
            listener.close();
        }
    }

    /// @param name of the devices
    /// @param options how each is served
    ServedDevices(String name, ServerOptions options) {
        this.name = name;
        this.options = options;
    }

    /// Makes a device.
    ///
    /// @param endpoint where it is served
    /// @param listener waits there; closed with the device, also if that cannot be made
    /// @throws UsageException if the device's options are wrong
    /// @throws IOException if the host refuses
    void add(Endpoint endpoint, VhostUserListener listener, DeviceArguments arguments)
            throws UsageException, IOException {
        try {
            all.add(new One(endpoint, listener, arguments.open()));
        } catch (UsageException | IOException | RuntimeException e) {
            listener.close();
            throw e;
        }
    }

    /// Serves front ends until [#stop] is called, or none can be served any more.
    ///
    /// @throws IOException if a socket has failed
    void run() throws IOException {
        List<Thread> threads = new ArrayList<>();
        for (One one : all.subList(1, all.size())) {
            threads.add(Thread.ofPlatform().daemon().name("vhost-control").start(one::run));
        }
        all.getFirst().run();
        for (Thread thread : threads) {
            join(thread);
        }
        for (One one : all) {
            if (one.failure != null) {
                throw one.failure;
            }
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does that
        }
    }

    /// Makes [#run] return soon. Any thread.
    void stop() {
        all.forEach(one -> one.server.stop());
    }

    /// Has all devices look again at what they use. Any thread, until [#close].
    void reload() {
        all.forEach(one -> one.device.reload());
    }

    /// Frees the devices and removes the sockets.
    @Override
    public void close() throws IOException {
        for (One one : all.reversed()) {
            one.close();
        }
    }

    private static String place(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Listen listen -> listen.path().toString();
            case Endpoint.Inherited(int fd) -> "file descriptor " + fd;
        };
    }
}
