package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;

/// The places between which options forward, as they are typed: `guest:PORT` and `tcp:HOST:PORT`.
final class Places {
    private static final Pattern GUEST = Pattern.compile("guest:(\\d{1,10})");
    private static final Pattern TCP = Pattern.compile("tcp:(?:\\[([0-9A-Fa-f:.%\\w]+)]|([^:\\[\\]]+)):(\\d{1,5})");
    private static final int MAX_TCP_PORT = 65_535;

    private Places() {}

    /// The two places on both sides of the first `=`.
    ///
    /// @throws IllegalArgumentException if there is none
    static String[] between(String text) {
        String[] sides = text.split("=", 2);
        if (sides.length < 2) {
            throw new IllegalArgumentException(text + ": = is missing between the two places");
        }
        return sides;
    }

    /// The port of `guest:PORT`, 32 bits.
    ///
    /// @throws IllegalArgumentException if it is something else
    static int guest(String text) {
        Matcher guest = GUEST.matcher(text);
        if (!guest.matches()) {
            throw new IllegalArgumentException(text + " must be guest:PORT");
        }
        return port(guest.group(1));
    }

    /// A port of sockets of virtual machines.
    ///
    /// @throws IllegalArgumentException if it is none
    static int port(String text) {
        try {
            int port = Integer.parseUnsignedInt(text);
            if (port != -1) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("a port of the guest is a number from 0 to 4294967294, not " + text);
    }

    /// Checks `tcp:HOST:PORT`, where an IPv6 address is in brackets.
    ///
    /// @throws IllegalArgumentException if it is something else
    static String requireTcp(String text) {
        Matcher tcp = TCP.matcher(text);
        if (!tcp.matches() || Integer.parseInt(tcp.group(3)) > MAX_TCP_PORT) {
            throw new IllegalArgumentException(text + " must be tcp:HOST:PORT, with an IPv6 address in brackets");
        }
        return text;
    }

    /// Makes sure that the host has the kind of sockets that a place is of.
    ///
    /// @throws IOException if it has not
    static void requireThere(SocketAddress place) throws IOException {
        if (!Sockets.areThere(place, SocketType.STREAM)) {
            throw new IOException("this host has no sockets of virtual machines (AF_VSOCK)");
        }
    }

    /// The address of `tcp:HOST:PORT`; a name is looked up.
    ///
    /// @throws IOException if no host has the name
    static SocketAddress tcp(String text) throws IOException {
        Matcher tcp = TCP.matcher(requireTcp(text));
        boolean _ = tcp.matches();
        String host = tcp.group(1) == null ? tcp.group(2) : tcp.group(1);
        InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(tcp.group(3)));
        if (address.isUnresolved()) {
            throw new UnknownHostException("no address is known of " + host);
        }
        return new SocketAddress.Inet(address);
    }
}
