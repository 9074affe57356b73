package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.UnixSocket;

/// One connection to a back end, negotiated: the client, what was agreed on, and the thread that serves the back end's
/// requests if it may send any.
final class Connection implements AutoCloseable {
    private final VhostUserClient client;
    private final Negotiated negotiated;
    private final @Nullable BackendRequestChannel channel;
    private final @Nullable Thread server;
    private boolean memoryPassed;
    private boolean closed;

    private Connection(VhostUserClient client, Negotiated negotiated, @Nullable BackendRequestChannel channel) {
        this.client = client;
        this.negotiated = negotiated;
        this.channel = channel;
        server = channel == null ? null : serve(channel);
    }

    /// Connects and agrees on features in QEMU's order.
    static Connection open(Path path, FrontendOptions options, BackendRequestHandler handler) throws IOException {
        var opened = new CloseList();
        try {
            VhostUserClient client =
                    VhostUserClient.connect(path, options.link().timeout());
            opened.add(client::close);
            Negotiated negotiated = negotiate(client, options);
            BackendRequestChannel channel = null;
            if (negotiated.has(ProtocolFeature.BACKEND_REQ)) {
                channel = BackendRequestChannel.create(handler, options.link().timeout());
                opened.add(channel::close);
                client.setBackendReqFd(channel.backendEnd());
                channel.closeBackendEnd();
            }
            client.setOwner();
            return new Connection(client, negotiated, channel);
        } catch (IOException e) {
            opened.closeAll();
            throw e;
        }
    }

    private static Negotiated negotiate(VhostUserClient client, FrontendOptions options) throws IOException {
        long offered = client.getFeatures();
        long features = offered & options.features();
        if ((features & DriverFeature.VERSION_1) == 0) {
            throw new BackendRefusal(
                    "the back end does not offer VIRTIO_F_VERSION_1 (features 0x" + Long.toHexString(offered) + ")");
        }
        long protocolFeatures = 0;
        if ((features & DriverFeature.PROTOCOL_FEATURES) != 0) {
            protocolFeatures = ProtocolFeature.complete(client.getProtocolFeatures() & options.protocolFeatures());
            client.setProtocolFeatures(protocolFeatures);
        }
        long queues = ProtocolFeature.MQ.in(protocolFeatures) ? client.getQueueNum() : 1;
        long slots = ProtocolFeature.CONFIGURE_MEM_SLOTS.in(protocolFeatures)
                ? client.getMaxMemSlots()
                : Message.MemoryTable.MAX_REGIONS;
        return new Negotiated(offered, features, protocolFeatures, queues, slots);
    }

    VhostUserClient client() {
        return client;
    }

    Negotiated negotiated() {
        return negotiated;
    }

    /// Whether the memory regions were added on this connection.
    boolean memoryPassed() {
        return memoryPassed;
    }

    void setMemoryPassed() {
        memoryPassed = true;
    }

    private static Thread serve(BackendRequestChannel channel) {
        return Thread.ofPlatform().daemon().name("vhost-frontend-requests").start(() -> {
            try {
                while (true) {
                    if (channel.waitFor(Duration.ofHours(1))) {
                        channel.serve();
                    }
                }
            } catch (IOException e) {
                // The back end is gone, or not to be trusted: nothing more is served. The main socket tells the rest.
            }
        });
    }

    /// Closes both sockets and ends the thread.
    @Override
    public void close() {
        client.close();
        if (closed || channel == null || server == null) {
            return;
        }
        closed = true;
        try {
            UnixSocket.shutdown(channel.fd());
        } catch (ErrnoException e) {
            // The other end is closed already, which ends the thread just as well.
        }
        boolean interrupted = false;
        while (server.isAlive()) {
            try {
                server.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        channel.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
