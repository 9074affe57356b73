package org.vhostdevice.core.frontend.fuse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.vhostdevice.core.protocol.Bytes;

/// A request as it is sent: header and arguments.
///
/// @param opcode what to do, 32 bits
/// @param nodeId of the node it is about
/// @param body   arguments behind the header
/// @param order  of the bytes in the header
public record FuseRequest(int opcode, long nodeId, Bytes body, ByteOrder order) {
    /// Bytes of a request's header.
    public static final int HEADER = 40;

    /// Bytes of an answer's header.
    public static final int REPLY_HEADER = 16;

    /// The node of the shared folder itself.
    public static final long ROOT = 1;

    /// A little-endian request.
    ///
    /// @param opcode what to do
    /// @param nodeId of the node it is about
    /// @param body   arguments behind the header
    /// @return the request
    public static FuseRequest of(FuseOpcode opcode, long nodeId, byte... body) {
        return new FuseRequest(opcode.number(), nodeId, Bytes.of(body), ByteOrder.LITTLE_ENDIAN);
    }

    /// Room for little-endian arguments.
    ///
    /// @param bytes how many
    /// @return the room, all zero
    public static ByteBuffer arguments(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// Arguments with a name behind them.
    ///
    /// @param fixed the arguments in front of it
    /// @param name  without the NUL that ends it
    /// @return all bytes
    public static byte[] named(byte[] fixed, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(fixed.length + text.length + 1)
                .put(fixed)
                .put(text)
                .array();
    }

    /// {@return the bytes of the request}
    ///
    /// @param unique number of the request
    /// @param length what its header says of its length
    public byte[] bytes(long unique, int length) {
        return ByteBuffer.allocate(HEADER + body.length())
                .order(order)
                .putInt(length)
                .putInt(opcode)
                .putLong(unique)
                .putLong(nodeId)
                .position(HEADER)
                .put(body.toArray())
                .array();
    }
}
