package org.vhostdevice.core.transport;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.List;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;

/// The other end of a connection under test: sends any bytes and descriptors, however wrong.
final class RawPeer implements AutoCloseable {
    private final OwnedFd socket;

    RawPeer(OwnedFd socket) {
        this.socket = socket;
    }

    /// The bytes of a message.
    static byte[] bytes(int request, int flags, Message payload) {
        MemorySegment wire = MemorySegment.ofArray(new byte[MessageHeader.BYTES + MessageHeader.MAX_PAYLOAD]);
        int size = MessageCodec.encode(payload, wire.asSlice(MessageHeader.BYTES));
        new MessageHeader(request, flags, size).write(wire);
        return wire.asSlice(0, MessageHeader.BYTES + size).toArray(ValueLayout.JAVA_BYTE);
    }

    /// The bytes of a header alone.
    static byte[] header(int request, int flags, int size) {
        MemorySegment wire = MemorySegment.ofArray(new byte[MessageHeader.BYTES]);
        new MessageHeader(request, flags, size).write(wire);
        return wire.toArray(ValueLayout.JAVA_BYTE);
    }

    void send(byte... bytes) throws IOException {
        send(bytes, List.of());
    }

    void send(byte[] bytes, List<OwnedFd> descriptors) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            UnixSocket.send(socket.number(), from, bytes.length, descriptors);
        }
    }

    /// Sends the same descriptor several times with one message.
    void send(byte[] bytes, OwnedFd descriptor, int copies) throws IOException {
        send(bytes, Collections.nCopies(copies, descriptor));
    }

    /// Receives exactly `n` bytes.
    byte[] receive(int n) throws IOException {
        try (Arena arena = Arena.ofConfined();
                FdBox descriptors = new FdBox()) {
            MemorySegment into = arena.allocate(n);
            int at = 0;
            while (at < n) {
                int got = UnixSocket.receive(socket.number(), into.asSlice(at), n - at, descriptors);
                if (got == 0) {
                    throw new IOException("the connection ended after " + at + " bytes");
                }
                at += got;
            }
            return into.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /// Receives `n` bytes in one piece, closes the descriptors that came along and counts them.
    int receiveDescriptors(int n) throws IOException {
        try (Arena arena = Arena.ofConfined();
                FdBox descriptors = new FdBox()) {
            int got = UnixSocket.receive(socket.number(), arena.allocate(n), n, descriptors);
            if (got != n) {
                throw new IOException(got + " bytes instead of " + n);
            }
            return descriptors.size();
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
