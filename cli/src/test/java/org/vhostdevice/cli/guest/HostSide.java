package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import org.vhostdevice.core.frontend.vsock.HostListener;
import org.vhostdevice.core.frontend.vsock.HostSocket;
import org.vhostdevice.core.frontend.vsock.HybridHost;
import org.vhostdevice.core.testkit.Background;

/// What tests do at the host's end of a guest's sockets.
final class HostSide {
    static final Duration LIMIT = Duration.ofSeconds(60);

    private static final int CHUNK = 64 << 10;

    private HostSide() {}

    /// The guest's connection to a port of the host.
    static HostSocket accept(HostListener listener) throws IOException {
        return listener.accept(LIMIT).orElseThrow(() -> new AssertionError("no connection of the guest"));
    }

    /// A connection to a port of the guest, which has granted it.
    static HostSocket connect(HybridHost host, int port) throws IOException {
        HostSocket socket = host.connect(port);
        String line = socket.readLine(LIMIT);
        assertTrue(line.startsWith("OK "), line);
        return socket;
    }

    /// All that comes until the other side says that there is no more.
    static byte[] readAll(HostSocket socket) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
        int n = socket.read(buffer, LIMIT);
        while (n > 0) {
            all.write(buffer.array(), 0, n);
            n = socket.read(buffer.clear(), LIMIT);
        }
        assertEquals(-1, n, "the other side is silent");
        return all.toByteArray();
    }

    /// Sends and receives at a time, while the guest's function `both_ways` does the same.
    static void exchange(HostSocket socket, byte[] bytes, Guest.Pending guest) throws IOException {
        var written = Background.run(() -> {
            socket.write(ByteBuffer.wrap(bytes));
            socket.shutdownOutput();
        });
        String came = sum(readAll(socket));
        written.join();
        GuestReport report = guest.await();
        report.requireSuccess();
        assertEquals(sum(bytes), report.value("came"));
        assertEquals(report.value("sent"), came);
    }

    /// The length and the checksum, as guests tell them.
    static String sum(byte... bytes) {
        try {
            return bytes.length + " "
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
