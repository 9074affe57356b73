package org.vhostdevice.core.frontend.vsock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.testkit.VsockFault;
import org.vhostdevice.core.testkit.VsockTestDevice;

@Timeout(60)
@ExtendWith(Seeded.class)
class VsockConnectionTest {
    private static final int SPACE = 64 << 10;
    private static final int MUCH = 1 << 20;

    @TempDir
    private Path directory;

    @FunctionalInterface
    private interface Body {
        void run(VsockDriver driver) throws Exception;
    }

    private void with(VsockFault fault, Duration timeout, Body body) throws Exception {
        Path socket = directory.resolve("s" + fault);
        try (var _ = new DeviceServerFixture(new VsockTestDevice(hybrid(fault), fault), socket);
                Frontend frontend = Frontend.attach(
                        socket, VsockDriver.prepare(FrontendOptions.defaults().withTimeout(timeout)))) {
            var driver = new VsockDriver(frontend, new VsockDriver.Buffers(8, 10_000));
            driver.giveBuffers();
            body.run(driver);
        }
    }

    private Path hybrid(VsockFault fault) {
        return directory.resolve("h" + fault);
    }

    private void with(VsockFault fault, Body body) throws Exception {
        with(fault, Duration.ofSeconds(20), body);
    }

    private ServerSocketChannel listen(VsockFault fault, int port) throws IOException {
        var address = UnixDomainSocketAddress.of(hybrid(fault) + "_" + port);
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
    }

    private static VsockConnection connect(VsockDriver driver, int port) throws IOException {
        return VsockConnection.connect(driver, driver.header(1000 + port, port, Vsock.TYPE_STREAM), SPACE);
    }

    private static byte[] readHost(SocketChannel channel, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            // more to come
        }
        return buffer.array();
    }

    @Test
    void muchDataPassesBothWaysWithinTheCredit(RandomGenerator random) throws Exception {
        byte[] there = new byte[MUCH];
        byte[] back = new byte[MUCH];
        random.nextBytes(there);
        random.nextBytes(back);
        with(VsockFault.NONE, driver -> {
            try (ServerSocketChannel listener = listen(VsockFault.NONE, 7)) {
                assertEquals(VsockTestDevice.CID, driver.cid());
                VsockConnection connection = connect(driver, 7);
                SocketChannel host = listener.accept();
                CompletableFuture<byte[]> read = Background.call(() -> readHost(host, MUCH));
                connection.write(MemorySegment.ofArray(there), 0);
                assertArrayEquals(there, read.join());
                var written = Background.call(() -> host.write(ByteBuffer.wrap(back)));
                assertArrayEquals(back, connection.read(MUCH));
                assertEquals(MUCH, written.join());
                assertEquals(MUCH, connection.arrived());
                connection.shutdown(Vsock.SHUTDOWN_BOTH);
                assertTrue(connection.await(connection::isReset, driver.timeoutNanos()));
                assertFalse(connection.isOpen());
                assertThrows(BackendRefusal.class, () -> connection.write(MemorySegment.ofArray(new byte[1]), 0));
            }
        });
    }

    @Test
    void hostConnectsToTheGuestAndSaysThatItEnds() throws Exception {
        with(VsockFault.NONE, driver -> {
            SocketChannel host = SocketChannel.open(UnixDomainSocketAddress.of(hybrid(VsockFault.NONE)));
            host.write(ByteBuffer.wrap("CONNECT 99\n".getBytes(StandardCharsets.US_ASCII)));
            List<VsockHeader> requests = new ArrayList<>();
            assertTrue(driver.receive(driver.timeoutNanos(), (header, _) -> requests.add(header)));
            assertEquals(Vsock.REQUEST, requests.getFirst().operation());
            assertEquals(99, requests.getFirst().destination().port());
            VsockConnection connection = VsockConnection.accept(driver, requests.getFirst(), SPACE);
            assertTrue(new String(readHost(host, 4), StandardCharsets.US_ASCII).startsWith("OK "));
            host.close();
            assertTrue(connection.read().isEmpty());
            assertEquals(Vsock.SHUTDOWN_BOTH, connection.hostShutdown());
        });
    }

    @Test
    void portWhereNobodyListensIsRefused() throws Exception {
        with(VsockFault.NONE, driver -> assertThrows(BackendRefusal.class, () -> connect(driver, 8)));
        with(VsockFault.REFUSAL_UNSAID, Duration.ofSeconds(1), driver -> {
            assertThrows(BackendTimeout.class, () -> connect(driver, 8));
        });
    }

    @Test
    void hostThatSendsMoreThanThereIsRoomIsReported() throws Exception {
        with(VsockFault.CREDIT_EXCEEDED, driver -> {
            try (ServerSocketChannel listener = listen(VsockFault.CREDIT_EXCEEDED, 7)) {
                VsockConnection connection =
                        VsockConnection.connect(driver, driver.header(1, 7, Vsock.TYPE_STREAM), 100);
                listener.accept().write(ByteBuffer.wrap(new byte[101]));
                assertThrows(BackendViolation.class, () -> connection.await(() -> false, driver.timeoutNanos()));
            }
        });
    }

    @Test
    void hostWithoutRoomIsNotSentTo() throws Exception {
        with(VsockFault.NO_SPACE, Duration.ofSeconds(1), driver -> {
            try (ServerSocketChannel _ = listen(VsockFault.NO_SPACE, 7)) {
                VsockConnection connection = connect(driver, 7);
                assertEquals(0, connection.room());
                assertThrows(BackendTimeout.class, () -> connection.write(MemorySegment.ofArray(new byte[1]), 0));
            }
        });
    }

    @Test
    void packetsOfOthersAreKeptApart() throws Exception {
        with(VsockFault.NONE, driver -> {
            try (ServerSocketChannel _ = listen(VsockFault.NONE, 7)) {
                VsockConnection connection = connect(driver, 7);
                VsockHeader other = driver.header(5, 6, Vsock.TYPE_STREAM).withOperation(Vsock.RW, 0);
                driver.send(other.withLength(0), Bytes.of());
                assertTrue(connection.await(() -> !connection.stray().isEmpty(), driver.timeoutNanos()));
                VsockHeader answer = connection.stray().remove().header();
                assertEquals(Vsock.RST, answer.operation());
                assertTrue(answer.answers(other));
            }
        });
    }

    @Test
    void deviceThatKeepsMalformedPacketsIsWaitedForOnlySoLong() throws Exception {
        with(VsockFault.KEEPS_MALFORMED, Duration.ofSeconds(1), driver -> {
            assertThrows(BackendTimeout.class, () -> driver.sendRaw(Bytes.zeroes(20)));
        });
        with(VsockFault.NONE, driver -> {
            driver.sendRaw(Bytes.zeroes(20));
            assertTrue(driver.event(0).isEmpty());
        });
    }
}
