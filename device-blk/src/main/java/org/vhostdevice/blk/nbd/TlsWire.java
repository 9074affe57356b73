package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/// A wire through TLS on another one.
final class TlsWire implements Wire {
    private static final int CHUNK = 16 * 1024; // a record's payload

    private final Wire raw;
    private final SSLSocket tls;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] received = new byte[CHUNK];
    private final byte[] sent = new byte[CHUNK];
    private volatile Deadline reading;
    private volatile Deadline writing;

    private TlsWire(Wire raw, SSLContext context, NbdUri.Tls settings, Deadline end) throws IOException {
        this.raw = raw;
        this.reading = end;
        this.writing = end;
        String host = Objects.requireNonNullElse(settings.hostname(), "");
        this.tls = (SSLSocket) context.getSocketFactory().createSocket(new Carrier(), host, 0, true);
        this.in = tls.getInputStream();
        this.out = tls.getOutputStream();
    }

    /// Begins TLS on a wire, which belongs to the new one then.
    ///
    /// @param end of the handshake
    /// @throws IOException if the server does not complete it, or is not trusted
    static TlsWire over(Wire raw, SSLContext context, NbdUri.Tls settings, Deadline end) throws IOException {
        TlsWire wire = new TlsWire(raw, context, settings, end);
        try {
            wire.tls.setUseClientMode(true);
            wire.tls.setEnabledProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
            wire.tls.setSSLParameters(parameters(wire.tls.getSSLParameters(), settings));
            wire.tls.startHandshake();
            return wire;
        } catch (SSLException e) {
            throw new IOException("TLS: " + Text.printable(String.valueOf(e.getMessage())), e);
        }
    }

    private static SSLParameters parameters(SSLParameters parameters, NbdUri.Tls settings) {
        String host = settings.hostname();
        if (settings.verifyPeer()) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        if (host != null && isName(host)) {
            parameters.setServerNames(List.of(new SNIHostName(host)));
        }
        return parameters;
    }

    private static boolean isName(String host) {
        return host.matches("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?") && !host.matches("[0-9.]+");
    }

    @Override
    public int read(ByteBuffer into, Deadline end) throws IOException {
        reading = end;
        int n = in.read(received, 0, Math.min(CHUNK, into.remaining()));
        if (n > 0) {
            into.put(received, 0, n);
        }
        return n;
    }

    @Override
    public void write(ByteBuffer[] from, Deadline end) throws IOException {
        writing = end;
        int filled = 0;
        for (ByteBuffer buffer : from) {
            while (buffer.hasRemaining()) {
                int part = Math.min(CHUNK - filled, buffer.remaining());
                buffer.get(sent, filled, part);
                filled += part;
                if (filled == CHUNK) {
                    out.write(sent, 0, filled);
                    filled = 0;
                }
            }
        }
        if (filled > 0) {
            out.write(sent, 0, filled);
        }
    }

    @Override
    public void finish(Deadline end) throws IOException {
        writing = end;
        tls.shutdownOutput();
    }

    /// Ends both directions at once. TLS is not ended first: that could wait, and no reply is missed any more.
    @Override
    public void close() {
        raw.close();
    }

    /// The socket that the JDK's TLS writes its records to.
    private final class Carrier extends Socket {
        @Override
        public InputStream getInputStream() {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
                }

                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    return length == 0 ? 0 : raw.read(ByteBuffer.wrap(into, offset, length), reading);
                }
            };
        }

        @Override
        public OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    write(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void write(byte[] from, int offset, int length) throws IOException {
                    raw.write(new ByteBuffer[] {ByteBuffer.wrap(from, offset, length)}, writing);
                }
            };
        }

        @Override
        public boolean isConnected() {
            return true;
        }

        @Override
        public void close() {
            raw.close();
        }
    }
}
