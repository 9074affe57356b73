package org.vhostdevice.core.frontend.console;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.protocol.Bytes;

/// A message on a control queue (VIRTIO 1.4, 5.3.6.2).
///
/// @param port  it is about, 32 bits
/// @param event what happened, 16 bits
/// @param value of the event, 16 bits
/// @param extra what follows: the name of [Console#PORT_NAME], the size of [Console#RESIZE]
public record ConsoleMessage(int port, int event, int value, Bytes extra) {
    /// Bytes without [#extra].
    public static final int BYTES = 8;

    private static final int EVENT = 4;
    private static final int VALUE = 6;

    /// A message without anything behind it.
    ///
    /// @param port  it is about
    /// @param event what happened
    /// @param value of the event
    public ConsoleMessage(int port, int event, int value) {
        this(port, event, value, Bytes.of());
    }

    /// Reads a message.
    ///
    /// @param bytes all of it
    /// @return the message
    /// @throws BackendViolation if it is too short
    public static ConsoleMessage read(byte[] bytes) throws BackendViolation {
        if (bytes.length < BYTES) {
            throw new BackendViolation("a control message has " + bytes.length + " bytes");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return new ConsoleMessage(
                buffer.getInt(0),
                Short.toUnsignedInt(buffer.getShort(EVENT)),
                Short.toUnsignedInt(buffer.getShort(VALUE)),
                Bytes.of(Arrays.copyOfRange(bytes, BYTES, bytes.length)));
    }

    /// {@return the message as it is sent}
    public byte[] write() {
        return ByteBuffer.allocate(BYTES + extra.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(port)
                .putShort((short) event)
                .putShort((short) value)
                .put(extra.toArray())
                .array();
    }

    /// {@return what follows, as text}
    public String text() {
        return new String(extra.toArray(), StandardCharsets.UTF_8);
    }

    /// {@return what follows, as the size of a console in words}
    public String size() {
        ByteBuffer size = ByteBuffer.allocate(2 * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        size.put(extra.toArray(), 0, Math.min(extra.length(), size.capacity()));
        return Short.toUnsignedInt(size.getShort(0)) + " columns, " + Short.toUnsignedInt(size.getShort(Short.BYTES))
                + " rows";
    }
}
