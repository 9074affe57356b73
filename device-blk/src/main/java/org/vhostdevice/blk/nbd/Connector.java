package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Opens connections to the server of an export. Any thread.
final class Connector {
    /// How long a server may take to accept a connection and to negotiate.
    static final Duration HANDSHAKE_TIME = Duration.ofSeconds(10);

    private final NbdUri uri;
    private final @Nullable SSLContext tls;
    private final Duration time;

    /// Reads the files that TLS needs.
    Connector(NbdUri uri, Duration time) throws IOException {
        NbdUri.Tls settings = uri.tls();
        this.uri = uri;
        this.tls = settings == null ? null : TlsFiles.load(settings);
        this.time = time;
    }

    /// Connects and negotiates.
    ///
    /// @return the connection in its transmission phase
    /// @throws IOException if that fails; the message says what failed and what to do
    Handshake.Result connect() throws IOException {
        Deadline end = Deadline.after(time);
        try {
            Wire wire = SocketWire.connect(uri.endpoint(), end);
            try {
                return new Handshake(wire, uri, tls, end).run();
            } catch (IOException | RuntimeException e) {
                wire.close();
                throw e;
            }
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(uri + " cannot be used: " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
