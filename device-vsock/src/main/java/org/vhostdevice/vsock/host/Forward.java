package org.vhostdevice.vsock.host;

import java.io.IOException;
import org.vhostdevice.core.sys.SocketAddress;

/// A port of the host as guests see it, which is elsewhere.
///
/// @param port that guests connect to, 32 bits
/// @param to   where they get, such as `tcp:localhost:80`
public record Forward(int port, String to) {
    /// Reads a text such as `guest:80=tcp:localhost:8080`.
    ///
    /// @param text as typed
    /// @return the port and its place
    /// @throws IllegalArgumentException if it is something else
    public static Forward parse(String text) {
        String[] sides = Places.between(text);
        return new Forward(Places.guest(sides[0]), Places.requireTcp(sides[1]));
    }

    /// Finds the place.
    ///
    /// @return its address
    /// @throws IOException if no host has the name
    public SocketAddress address() throws IOException {
        return Places.tcp(to);
    }
}
