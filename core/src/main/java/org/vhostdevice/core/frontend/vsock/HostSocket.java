package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A connection of the host with the device. One thread reads and one writes.
public final class HostSocket implements AutoCloseable {
    private static final int MAX_LINE = 100;

    private final SocketChannel channel;
    private @Nullable Selector readable;
    private @Nullable Selector writable;

    /// Takes over a connection.
    ///
    /// @param channel connected; closed with this object
    /// @throws IOException if the host refuses
    public HostSocket(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
    }

    /// The socket itself, which does not block.
    SocketChannel channel() {
        return channel;
    }

    private synchronized Selector readable() throws IOException {
        if (readable == null) {
            readable = selector(SelectionKey.OP_READ);
        }
        return readable;
    }

    private synchronized Selector writable() throws IOException {
        if (writable == null) {
            writable = selector(SelectionKey.OP_WRITE);
        }
        return writable;
    }

    private Selector selector(int interest) throws IOException {
        Selector selector = Selector.open();
        SelectionKey _ = channel.register(selector, interest);
        return selector;
    }

    /// Reads what is there, and waits for the first byte.
    ///
    /// @param into   with room
    /// @param within how long to wait
    /// @return bytes read; 0 if the time is over, negative at the end of the connection
    /// @throws IOException if the host refuses
    public int read(ByteBuffer into, Duration within) throws IOException {
        int n = readNow(into);
        if (n == 0 && readable().select(Math.max(1, within.toMillis())) > 0) {
            readable().selectedKeys().clear();
            n = readNow(into);
        }
        return n;
    }

    /// A connection that was reset has ended.
    private int readNow(ByteBuffer into) throws IOException {
        try {
            return channel.read(into);
        } catch (SocketException e) {
            return -1;
        }
    }

    /// Reads a number of bytes, fewer at the end of the connection.
    ///
    /// @param count  how many
    /// @param within how long to wait for each part of them
    /// @return the bytes
    /// @throws IOException if they do not come in time, or the host refuses
    public byte[] read(int count, Duration within) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            int n = read(bytes, within);
            if (n < 0) {
                break;
            }
            if (n == 0) {
                throw new IOException("only " + bytes.position() + " of " + count + " bytes came to the host");
            }
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    /// Reads up to a line feed.
    ///
    /// @param within how long to wait for each byte
    /// @return the line without its end; what came of it if the connection ended
    /// @throws IOException if it does not come in time, or the host refuses
    public String readLine(Duration within) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < MAX_LINE) {
            byte[] one = read(1, within);
            if (one.length == 0 || one[0] == '\n') {
                break;
            }
            line.append(new String(one, StandardCharsets.ISO_8859_1));
        }
        return line.toString();
    }

    /// Writes all bytes, and waits for room.
    ///
    /// @param bytes what to write
    /// @throws IOException if the device has closed the connection, or the host refuses
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                int _ = writable().select();
                writable().selectedKeys().clear();
            }
        }
    }

    /// Writes as much as there is room for.
    ///
    /// @param bytes what to write
    /// @return bytes written
    /// @throws IOException if the device has closed the connection, or the host refuses
    public int writeNow(ByteBuffer bytes) throws IOException {
        return channel.write(bytes);
    }

    /// Says that the host sends no more.
    ///
    /// @throws IOException if the host refuses
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    /// Ends the connection; who waits for it finds out.
    @Override
    public synchronized void close() throws IOException {
        channel.close();
        if (readable != null) {
            readable.close();
        }
        if (writable != null) {
            writable.close();
        }
    }
}
