package org.vhostdevice.blk.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.vhostdevice.blk.nbd.NbdUri.Endpoint;

/// A TCP or Unix socket whose waits have an end. The channel does not block, so each direction has a selector.
final class SocketWire implements Wire {
    private static final Logger LOGGER = System.getLogger(SocketWire.class.getName());

    private final SocketChannel channel;
    private final Selector readable;
    private final Selector writable;

    private SocketWire(SocketChannel channel, Selector readable, Selector writable) {
        this.channel = channel;
        this.readable = readable;
        this.writable = writable;
    }

    /// Connects to a server, by the first of its addresses that answers.
    ///
    /// @throws IOException if none does; the message says why
    static SocketWire connect(Endpoint endpoint, Deadline end) throws IOException {
        return switch (endpoint) {
            case Endpoint.Unix(var socket) -> {
                try {
                    yield connect(UnixDomainSocketAddress.of(socket), end);
                } catch (IllegalArgumentException e) {
                    throw new IOException("its path cannot be that of a socket", e);
                }
            }
            case Endpoint.Tcp(String host, int port) -> connect(host, port, end);
        };
    }

    private static SocketWire connect(String host, int port, Deadline end) throws IOException {
        IOException failure = new IOException("the host " + Text.printable(host) + " has no address");
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                try {
                    return connect(new InetSocketAddress(address, port), end);
                } catch (InterruptedIOException e) {
                    throw e;
                } catch (IOException e) {
                    failure = e;
                }
            }
        } catch (UnknownHostException e) {
            throw new IOException("the host " + Text.printable(host) + " is not known", e);
        }
        throw failure;
    }

    private static SocketWire connect(SocketAddress address, Deadline end) throws IOException {
        SocketWire wire = create(address);
        try {
            SocketChannel channel = wire.channel;
            if (!channel.connect(address)) {
                if (address instanceof UnixDomainSocketAddress) {
                    throw new IOException("too many clients wait to be accepted");
                }
                var _ = channel.register(wire.writable, SelectionKey.OP_CONNECT);
                while (!channel.finishConnect()) {
                    wire.await(wire.writable, end);
                }
            }
            var _ = channel.register(wire.readable, SelectionKey.OP_READ);
            var _ = channel.register(wire.writable, SelectionKey.OP_WRITE);
            return wire;
        } catch (IOException | RuntimeException e) {
            wire.close();
            throw e;
        }
    }

    private static SocketWire create(SocketAddress address) throws IOException {
        boolean unix = address instanceof UnixDomainSocketAddress;
        SocketChannel channel = unix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
        try {
            var _ = channel.configureBlocking(false);
            if (!unix) {
                var _ = channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                var _ = channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            }
            Selector readable = Selector.open();
            try {
                return new SocketWire(channel, readable, Selector.open());
            } catch (IOException e) {
                readable.close();
                throw e;
            }
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer into, Deadline end) throws IOException {
        while (true) {
            int n = channel.read(into);
            if (n != 0) {
                return n;
            }
            await(readable, end);
        }
    }

    @Override
    public void write(ByteBuffer[] from, Deadline end) throws IOException {
        ByteBuffer last = from[from.length - 1];
        while (channel.write(from) >= 0 && (last.hasRemaining() || anyLeft(from))) {
            await(writable, end);
        }
    }

    private static boolean anyLeft(ByteBuffer[] buffers) {
        for (ByteBuffer buffer : buffers) {
            if (buffer.hasRemaining()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void finish(Deadline end) throws IOException {
        var _ = channel.shutdownOutput();
    }

    private void await(Selector selector, Deadline end) throws IOException {
        if (end.passed()) {
            throw new IOException("the server is silent for too long");
        }
        try {
            int _ = selector.select(end.millis());
            selector.selectedKeys().clear();
        } catch (ClosedSelectorException e) {
            throw new IOException("the connection was closed", e);
        }
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted");
        }
    }

    @Override
    public void close() {
        close(channel);
        close(readable);
        close(writable);
    }

    private static void close(Closeable part) {
        try {
            part.close();
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "a part of an NBD connection does not close", e);
        }
    }
}
