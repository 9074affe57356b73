package org.vhostdevice.core.sys;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/// Where a socket of the host listens, or connects to.
public sealed interface SocketAddress {
    /// A Unix socket with a file.
    ///
    /// @param path of the file
    record Unix(Path path) implements SocketAddress {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /// A port of TCP.
    ///
    /// @param address IPv4 or IPv6, found already
    record Inet(InetSocketAddress address) implements SocketAddress {
        /// Refuses a name that is still to be looked up, for which a program would have to wait.
        ///
        /// @throws IllegalArgumentException if it is one
        public Inet {
            if (address.isUnresolved()) {
                throw new IllegalArgumentException("no address is known of " + address.getHostString());
            }
        }

        InetAddress host() {
            return address.getAddress();
        }

        @Override
        public String toString() {
            return host().getHostAddress() + ":" + address.getPort();
        }
    }

    /// A port of a virtual machine, or of its host, where there is [Capability#VSOCK].
    ///
    /// @param cid context id, 32 bits; [#ANY_CID] to listen for everybody
    /// @param port 32 bits
    record Vsock(int cid, int port) implements SocketAddress {
        /// Every context id of this host.
        public static final int ANY_CID = -1;

        @Override
        public String toString() {
            return "vsock " + Integer.toUnsignedString(cid) + ":" + Integer.toUnsignedString(port);
        }
    }
}
