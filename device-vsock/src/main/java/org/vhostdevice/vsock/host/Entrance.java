package org.vhostdevice.vsock.host;

import java.io.IOException;
import org.vhostdevice.core.sys.SocketAddress;

/// A place on the host from which connections get to a port of the guest.
///
/// @param from such as `tcp:127.0.0.1:2222`
/// @param port of the guest, 32 bits
public record Entrance(String from, int port) {
    /// Reads a text such as `tcp:127.0.0.1:2222=guest:22`.
    ///
    /// @param text as typed
    /// @return the place and the port
    /// @throws IllegalArgumentException if it is something else
    public static Entrance parse(String text) {
        String[] sides = Places.between(text);
        return new Entrance(Places.requireTcp(sides[0]), Places.guest(sides[1]));
    }

    /// The port of the host's sockets of virtual machines that has the same number as the guest's.
    ///
    /// @param port as typed
    /// @return the place and the port
    /// @throws IllegalArgumentException if it is no port
    public static Entrance ofVsock(String port) {
        return new Entrance("vsock:" + port, Places.port(port));
    }

    /// Finds the place.
    ///
    /// @return its address
    /// @throws IOException if this host has no such name
    public SocketAddress address() throws IOException {
        return from.startsWith("vsock:")
                ? new SocketAddress.Vsock(SocketAddress.Vsock.ANY_CID, port)
                : Places.tcp(from);
    }
}
