package org.vhostdevice.core.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.core.sys.UnixSocket;

/// The host's end of a connection of a [VsockTestDevice]. One thread reads, and one does all else.
sealed interface VsockHostEnd {
    /// Connects to a Unix socket.
    ///
    /// @param type as packets tell it
    static VsockHostEnd connect(int type, Path path) throws IOException {
        return type == 1
                ? new Stream(SocketChannel.open(UnixDomainSocketAddress.of(path)))
                : new Messages(Sockets.connect(new SocketAddress.Unix(path), SocketType.SEQPACKET)
                        .fd());
    }

    /// A Unix socket for messages that others connect to; null if the host has none.
    static @Nullable OwnedFd listenForMessages(Path path) throws IOException {
        var address = new SocketAddress.Unix(path);
        boolean there = Sockets.areThere(address, SocketType.SEQPACKET);
        return there ? Sockets.listen(address, SocketType.SEQPACKET, 8) : null;
    }

    /// The socket's type, as packets tell it.
    int type();

    /// Reads, and waits for the first byte.
    ///
    /// @return bytes read; negative at the end
    int read(ByteBuffer into) throws IOException;

    /// Whether what was read last ends a message.
    boolean ended();

    /// Writes a part of a message, or of a stream.
    ///
    /// @param ends whether it is the last part
    void write(ByteBuffer bytes, boolean ends) throws IOException;

    void shutdownOutput() throws IOException;

    void close() throws IOException;

    /// An end that knows no messages.
    record Stream(SocketChannel channel) implements VsockHostEnd {
        @Override
        public int type() {
            return 1;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return channel.read(into);
        }

        @Override
        public boolean ended() {
            return false;
        }

        @Override
        public void write(ByteBuffer bytes, boolean ends) throws IOException {
            while (bytes.hasRemaining()) {
                int _ = channel.write(bytes);
            }
        }

        @Override
        public void shutdownOutput() throws IOException {
            SocketChannel _ = channel.shutdownOutput();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /// An end that keeps the borders of messages.
    final class Messages implements VsockHostEnd {
        private static final int MAX_BYTES = 256 << 10;

        private final OwnedFd fd;
        private final Buffer in = new Buffer();
        private final Buffer out = new Buffer();
        private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
        private int at;
        private int length;

        private static final class Buffer {
            private final MemorySegment bytes = Arena.ofAuto().allocate(MAX_BYTES);
            private final IoVecs vector = new IoVecs(1);
            private final SocketIo io = new SocketIo();

            MemorySegment vector(long length) {
                vector.clear();
                boolean _ = vector.add(bytes.address(), length);
                return vector.segment();
            }
        }

        Messages(OwnedFd fd) {
            this.fd = fd;
        }

        @Override
        public int type() {
            return 2;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            if (at == length) {
                at = 0;
                length = receive();
            }
            int n = Math.min(into.remaining(), length - at);
            into.put(in.bytes.asSlice(at, n).asByteBuffer());
            at += n;
            return length == 0 ? -1 : n;
        }

        private int receive() throws IOException {
            long n = in.io.receive(fd.number(), in.vector(MAX_BYTES), 1);
            while (n == SocketIo.NOTHING) {
                var _ = UnixSocket.poll(fd.number(), Poller.READ, -1);
                n = in.io.receive(fd.number(), in.vector(MAX_BYTES), 1);
            }
            return (int) n;
        }

        @Override
        public boolean ended() {
            return at == length;
        }

        @Override
        public void write(ByteBuffer bytes, boolean ends) throws IOException {
            byte[] part = new byte[bytes.remaining()];
            bytes.get(part);
            parts.writeBytes(part);
            if (ends) {
                byte[] message = parts.toByteArray();
                parts.reset();
                MemorySegment.copy(MemorySegment.ofArray(message), 0, out.bytes, 0, message.length);
                while (out.io.send(fd.number(), out.vector(message.length), 1, false) == SocketIo.NOTHING) {
                    var _ = UnixSocket.poll(fd.number(), Poller.WRITE, -1);
                }
            }
        }

        @Override
        public void shutdownOutput() {
            Sockets.shutdownSending(fd.number());
        }

        @Override
        public void close() {
            Sockets.shutdownReceiving(fd.number());
            Sockets.shutdownSending(fd.number());
            fd.close();
        }
    }
}
