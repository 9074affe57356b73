package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// A Unix socket on the host that the device connects to. One thread.
public final class HostListener implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel channel;
    private final Selector selector;

    private HostListener(Path path, ServerSocketChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        channel.configureBlocking(false);
        selector = Selector.open();
        channel.register(selector, SelectionKey.OP_ACCEPT);
    }

    static HostListener open(Path path) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            return new HostListener(path, channel.bind(UnixDomainSocketAddress.of(path)));
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot listen on " + path + ": " + e.getMessage(), e);
        }
    }

    /// Waits for a connection of the device.
    ///
    /// @param within how long
    /// @return the connection; empty if none came
    /// @throws IOException if the host refuses
    public Optional<HostSocket> accept(Duration within) throws IOException {
        SocketChannel accepted = channel.accept();
        if (accepted == null && selector.select(Math.max(1, within.toMillis())) > 0) {
            selector.selectedKeys().clear();
            accepted = channel.accept();
        }
        return accepted == null ? Optional.empty() : Optional.of(new HostSocket(accepted));
    }

    /// Listens no more and removes the socket's file.
    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
        boolean _ = Files.deleteIfExists(path);
    }
}
