package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Those at the host's ends of connections, who all do the same. One thread serves them in turns, from [#start] until
/// [#close].
public final class HostPeers implements AutoCloseable {
    private static final int CHUNK = 64 << 10;

    /// How often one is served in a row, so that the others come to their turn.
    private static final int TURNS = 4;

    /// What they do with a connection.
    public enum Role {
        /// Reads all that comes.
        SINK(SelectionKey.OP_READ),
        /// Writes all the time.
        SOURCE(SelectionKey.OP_WRITE),
        /// Writes back what comes.
        ECHO(SelectionKey.OP_READ);

        private final int waitsFor;

        Role(int waitsFor) {
            this.waitsFor = waitsFor;
        }
    }

    private final Role role;
    private final Selector selector = Selector.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
    private final List<HostSocket> sockets = new ArrayList<>();

    /// Nobody, at first.
    ///
    /// @param role what each of them does
    /// @throws IOException if the host refuses
    public HostPeers(Role role) throws IOException {
        this.role = role;
    }

    /// Adds one, before the thread is started.
    ///
    /// @param socket the host's end of a connection, closed with this object
    /// @throws IOException if the host refuses
    public void add(HostSocket socket) throws IOException {
        sockets.add(socket);
        SelectionKey _ = socket.channel().register(selector, role.waitsFor);
    }

    /// Starts the thread.
    public void start() {
        Thread _ = Thread.ofPlatform().daemon().name("vhost-load-host").start(this::run);
    }

    private void run() {
        try {
            while (selector.isOpen()) {
                int _ = selector.select(this::serve);
            }
        } catch (IOException | ClosedSelectorException e) {
            // Closed, or the host fails: the guest's end finds out.
        }
    }

    private void serve(SelectionKey key) {
        try {
            SocketChannel channel = (SocketChannel) key.channel();
            for (int turn = 0; turn < TURNS && step(key, channel); turn++) {
                // more of the same
            }
        } catch (IOException e) {
            key.cancel(); // this connection is gone
        }
    }

    /// Does as much as one call can.
    ///
    /// @return whether there may be more to do at once
    private boolean step(SelectionKey key, SocketChannel channel) throws IOException {
        buffer.clear();
        if (role == Role.SOURCE) {
            return channel.write(buffer) == CHUNK;
        }
        if (key.attachment() instanceof ByteBuffer rest) {
            return writeBack(key, channel, rest);
        }
        int n = channel.read(buffer);
        if (n < 0) {
            key.cancel();
        }
        if (n > 0 && role == Role.ECHO) {
            return writeBack(key, channel, buffer.flip());
        }
        return n == CHUNK;
    }

    /// Keeps what there is no room for.
    private static boolean writeBack(SelectionKey key, SocketChannel channel, ByteBuffer bytes) throws IOException {
        int _ = channel.write(bytes);
        boolean all = !bytes.hasRemaining();
        boolean kept = key.attachment() != null;
        if (!all && !kept) {
            @Nullable
            Object _ =
                    key.attach(ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
            SelectionKey _ = key.interestOps(SelectionKey.OP_WRITE);
        } else if (all && kept) {
            @Nullable Object _ = key.attach(null);
            SelectionKey _ = key.interestOps(SelectionKey.OP_READ);
        }
        return false;
    }

    /// Ends all connections on the host's side, and the thread.
    @Override
    public void close() throws IOException {
        selector.close();
        for (HostSocket socket : sockets) {
            socket.close();
        }
    }
}
