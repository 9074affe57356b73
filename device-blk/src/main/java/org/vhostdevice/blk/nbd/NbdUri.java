package org.vhostdevice.blk.nbd;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;

/// Names an export of a server (NBD, `doc/uri.md`), for instance `nbd://host:10809/export` or
/// `nbds+unix:///export?socket=/run/nbd.sock&tls-hostname=server.example`.
///
/// @param endpoint where the server listens
/// @param export its name for the export; empty for the server's default
/// @param tls how the connection is encrypted; null if it is not
public record NbdUri(
        Endpoint endpoint, String export, @Nullable Tls tls) {
    /// The port that IANA has assigned to NBD.
    public static final int DEFAULT_PORT = 10809;

    /// The most bytes that a string has in the protocol, as UTF-8.
    static final int MAX_STRING_BYTES = 4096;

    /// Refuses names that the protocol cannot carry.
    public NbdUri {
        if (export.indexOf('\0') >= 0 || export.getBytes(StandardCharsets.UTF_8).length > MAX_STRING_BYTES) {
            throw new IllegalArgumentException("the name of an export has at most 4096 bytes and no NUL");
        }
    }

    /// Where a server listens.
    public sealed interface Endpoint {
        /// A TCP port.
        ///
        /// @param host a name or an address, an IPv6 address without brackets
        /// @param port 1 to 65535
        record Tcp(String host, int port) implements Endpoint {
            @Override
            public String toString() {
                return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
            }
        }

        /// A Unix domain socket.
        ///
        /// @param socket its path
        record Unix(Path socket) implements Endpoint {
            @Override
            public String toString() {
                return "socket " + socket;
            }
        }
    }

    /// How a connection is encrypted and whom it trusts.
    ///
    /// @param certificates the directory with `ca-cert.pem`, and with `client-cert.pem` and `client-key.pem` if the
    ///     client shows a certificate; null for the authorities that Java trusts and no certificate
    /// @param hostname what the server's certificate must be for; null if it is not looked at
    /// @param verifyPeer whether the server must show a certificate that is trusted
    public record Tls(@Nullable Path certificates, @Nullable String hostname, boolean verifyPeer) {}

    /// Reads a URI.
    ///
    /// @param text of the URI
    /// @return what it names
    /// @throws UsageException if it is none, or asks for something that this client does not have; the message says
    ///     what to do
    public static NbdUri parse(String text) throws UsageException {
        return new NbdUriParser(text).parse();
    }

    /// {@return whether a text begins like the URI of an export}
    ///
    /// @param text what an option names
    public static boolean matches(String text) {
        return text.matches("(?is)nbds?(\\+unix)?:.*");
    }

    /// {@return the export and the server, for messages}
    @Override
    public String toString() {
        String name = export.isEmpty() ? "the default NBD export" : "NBD export " + Text.printable(export);
        return name + " of " + endpoint + (tls == null ? "" : " over TLS");
    }
}
