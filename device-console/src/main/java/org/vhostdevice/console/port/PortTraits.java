package org.vhostdevice.console.port;

import java.nio.charset.StandardCharsets;

/// What a port is like.
///
/// @param name by which the guest finds it, empty for none; at most [#NAME_BYTES] bytes of UTF-8, without NUL and `/`
/// @param console whether it is a console; otherwise a serial port without line discipline
/// @param dropOldest whether output that the host's end does not take pushes older output out; otherwise the guest
/// waits
/// @param bufferBytes the most bytes kept for a host's end that does not take them, more than 0
/// @param size of the terminal until the host's end has one
public record PortTraits(String name, boolean console, boolean dropOldest, int bufferBytes, TerminalSize size) {
    /// The longest name: a device file of the guest has to bear it.
    public static final int NAME_BYTES = 64;

    /// Bytes kept if nobody says otherwise.
    public static final int BUFFER_BYTES = 256 << 10;

    /// Checks the name.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed it
    public PortTraits {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > NAME_BYTES || name.indexOf('\0') >= 0 || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "name must be at most " + NAME_BYTES + " bytes without '/', not '" + name + "'");
        }
    }

    /// A port with a name, or a console without one, that makes the guest wait.
    ///
    /// @param name of a serial port, empty for a console
    /// @return the traits
    public static PortTraits of(String name) {
        return new PortTraits(name, name.isEmpty(), false, BUFFER_BYTES, TerminalSize.UNKNOWN);
    }
}
