package org.vhostdevice.core.frontend.vsock;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.core.sys.UnixSocket;

/// A connection of the host with the device by a Unix socket that keeps the borders of messages (`SOCK_SEQPACKET`). One
/// thread.
public final class HostMessages implements AutoCloseable {
    /// The longest message that is received.
    public static final int MAX_BYTES = 256 << 10;

    private final OwnedFd fd;
    private final SocketIo io = new SocketIo();
    private final MemorySegment buffer = Arena.ofAuto().allocate(MAX_BYTES);
    private final IoVecs vector = new IoVecs(1);

    private HostMessages(OwnedFd fd) {
        this.fd = fd;
    }

    /// Tells whether this host has such sockets.
    ///
    /// @return whether it has
    public static boolean areThere() {
        return Sockets.areThere(new SocketAddress.Unix(Path.of("s")), SocketType.SEQPACKET);
    }

    /// A socket that the device connects to. One thread.
    public static final class Listener implements AutoCloseable {
        private final Path path;
        private final OwnedFd fd;

        private Listener(Path path, OwnedFd fd) {
            this.path = path;
            this.fd = fd;
        }

        /// Waits for a connection of the device.
        ///
        /// @param within how long
        /// @return the connection; empty if none came
        /// @throws IOException if the host refuses
        public Optional<HostMessages> accept(Duration within) throws IOException {
            @Nullable OwnedFd accepted = Sockets.accept(fd.number());
            if (accepted == null && UnixSocket.poll(fd.number(), Poller.READ, within.toMillis()) != 0) {
                accepted = Sockets.accept(fd.number());
            }
            return Optional.ofNullable(accepted).map(HostMessages::new);
        }

        /// Listens no more and removes the socket's file.
        @Override
        public void close() throws IOException {
            fd.close();
            boolean _ = Files.deleteIfExists(path);
        }
    }

    static Listener listen(Path path) throws IOException {
        return new Listener(path, Sockets.listen(new SocketAddress.Unix(path), SocketType.SEQPACKET, 1));
    }

    static HostMessages connect(Path path) throws IOException {
        return new HostMessages(Sockets.connect(new SocketAddress.Unix(path), SocketType.SEQPACKET)
                .fd());
    }

    /// Sends a message, and waits for room.
    ///
    /// @param message at most [#MAX_BYTES], and no longer than the host's buffers
    /// @param within  how long to wait
    /// @throws IOException if there is no room in time, the device has closed the connection, or the host refuses
    public void send(byte[] message, Duration within) throws IOException {
        MemorySegment.copy(message, 0, buffer, JAVA_BYTE, 0, message.length);
        use(message.length);
        while (io.send(fd.number(), vector.segment(), 1, false) == SocketIo.NOTHING) {
            if (UnixSocket.poll(fd.number(), Poller.WRITE, within.toMillis()) == 0) {
                throw new IOException("the device takes no message");
            }
        }
    }

    /// Receives a message.
    ///
    /// @param within how long to wait
    /// @return the message; empty at the end of the connection
    /// @throws IOException if none comes in time, it is too long, or the host refuses
    public Optional<byte[]> receive(Duration within) throws IOException {
        use(MAX_BYTES);
        long n = receiveNow();
        if (n == SocketIo.NOTHING && UnixSocket.poll(fd.number(), Poller.READ, within.toMillis()) != 0) {
            n = receiveNow();
        }
        if (n == SocketIo.NOTHING || io.wasCut()) {
            throw new IOException(
                    n < 0 ? "no message comes to the host" : "a message comes of more than " + n + " bytes");
        }
        return n == 0 ? Optional.empty() : Optional.of(buffer.asSlice(0, n).toArray(JAVA_BYTE));
    }

    /// Receives a message that is a line.
    ///
    /// @param within how long to wait
    /// @return the line without its end; nothing at the end of the connection
    /// @throws IOException as [#receive]
    public String receiveLine(Duration within) throws IOException {
        return receive(within)
                .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1).stripTrailing())
                .orElse("");
    }

    /// A connection that was reset has ended.
    private long receiveNow() throws ErrnoException {
        try {
            return io.receive(fd.number(), vector.segment(), 1);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ECONNRESET) {
                return 0;
            }
            throw e;
        }
    }

    private void use(long bytes) {
        vector.clear();
        boolean _ = vector.add(buffer.address(), bytes);
    }

    /// Ends the connection.
    @Override
    public void close() {
        fd.close();
    }
}
