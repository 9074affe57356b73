package org.vhostdevice.vsock.packet;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.SocketType;

/// The types of sockets, `type` of a packet's header (VIRTIO 1.4, 5.10.6).
public final class PacketType {
    /// A stream.
    public static final int STREAM = 1;

    /// A sequence of messages.
    public static final int SEQPACKET = 2;

    private PacketType() {}

    /// The type of the host's sockets that goes with a type of packets.
    ///
    /// @param type 16 bits
    /// @return null if there is none
    public static @Nullable SocketType socket(int type) {
        return switch (type) {
            case STREAM -> SocketType.STREAM;
            case SEQPACKET -> SocketType.SEQPACKET;
            default -> null;
        };
    }

    /// The type of packets that goes with a type of the host's sockets.
    ///
    /// @param socket of the host
    /// @return the number
    public static int of(SocketType socket) {
        return switch (socket) {
            case STREAM -> STREAM;
            case SEQPACKET -> SEQPACKET;
        };
    }
}
