package org.vhostdevice.vsock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.vsock.HostListener;
import org.vhostdevice.core.frontend.vsock.HostSocket;
import org.vhostdevice.core.frontend.vsock.HybridHost;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockConnection;
import org.vhostdevice.core.frontend.vsock.VsockDriver;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.Host;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.vsock.host.UnixPorts;
import org.vhostdevice.vsock.queue.HubOptions;
import org.vhostdevice.vsock.queue.VsockQueues;

/// The device behind its socket, with guests that come and go.
@Timeout(120)
class VsockDeviceTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final long LONG_NANOS = LONG.toNanos();
    private static final int HOST_PORT = 1024;
    private static final int GUEST_PORT = 5000;
    private static final int SPACE = 1 << 18;
    private static final int BUFFER = 5000;

    @TempDir
    private Path folder;

    private HybridHost host;
    private DeviceServerFixture server;

    @BeforeEach
    void serve() throws Exception {
        Path path = folder.resolve("v");
        host = new HybridHost(path);
        VsockConfig config = new VsockConfig(42, path, BUFFER, 1024, 16384);
        HubOptions options = new HubOptions(42, BUFFER, 16384);
        server = new DeviceServerFixture(
                new VsockDevice(config, new VsockQueues(options, List.of(new UnixPorts(path)))), socket());
    }

    @AfterEach
    void end() throws Exception {
        server.close();
    }

    private Path socket() {
        return folder.resolve("s");
    }

    private Frontend attach() throws Exception {
        return Frontend.attach(socket(), VsockDriver.prepare(FrontendOptions.defaults()));
    }

    private static VsockDriver driver(Frontend guest) throws Exception {
        VsockDriver driver = new VsockDriver(guest, VsockDriver.Buffers.DEFAULT);
        driver.giveBuffers();
        return driver;
    }

    private static VsockConnection connect(VsockDriver driver, int guestPort) throws Exception {
        return VsockConnection.connect(driver, driver.header(guestPort, HOST_PORT, Vsock.TYPE_STREAM), SPACE);
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8));
        }
        return bytes;
    }

    /// The host reads from one end while the guest sends.
    private static void toHost(VsockConnection guest, HostSocket peer, byte[] data) throws Exception {
        List<byte[]> came = new ArrayList<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                came.add(peer.read(data.length, LONG));
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        guest.write(MemorySegment.ofArray(data), 0);
        reader.join();
        assertArrayEquals(data, came.getFirst());
    }

    @Test
    @DisplayName("V15: buffers of any size hold what the host has not taken, in its order")
    void muchGoesBothWays() throws Exception {
        try (Frontend guest = attach();
                HostListener listener = host.listen(HOST_PORT)) {
            VsockDriver driver = driver(guest);
            assertEquals(42, driver.cid());
            VsockConnection connection = connect(driver, GUEST_PORT);
            try (HostSocket peer = listener.accept(LONG).orElseThrow()) {
                for (int i = 0; i < 3; i++) {
                    toHost(connection, peer, bytes(1_000_000 + i));
                }
                byte[] data = bytes(3_000_000);
                Thread writer = Thread.ofPlatform().start(() -> {
                    try {
                        peer.write(ByteBuffer.wrap(data));
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                assertArrayEquals(data, connection.read(data.length));
                writer.join();
            }
        }
    }

    @Test
    @DisplayName("V19: who connects while no guest is there waits for one")
    void callersWaitForTheGuest() throws Exception {
        try (HostSocket caller = host.connect(GUEST_PORT);
                Frontend guest = attach()) {
            VsockDriver driver = driver(guest);
            answer(driver, caller);
        }
        try (HostSocket caller = host.connect(GUEST_PORT);
                Frontend next = attach()) {
            answer(driver(next), caller);
        }
    }

    private void answer(VsockDriver driver, HostSocket caller) throws Exception {
        List<VsockHeader> requests = new ArrayList<>();
        assertTrue(driver.receive(LONG_NANOS, (header, _) -> requests.add(header)));
        VsockConnection connection = VsockConnection.accept(driver, requests.getFirst(), SPACE);
        assertEquals("OK " + requests.getFirst().source().port(), caller.readLine(LONG));
        toHost(connection, caller, bytes(10));
    }

    @Test
    @DisplayName("VIRTIO 1.4, 5.10.6.7: a guest that is served anew learns that its connections are gone")
    void newFrontEndLearnsThatConnectionsAreGone() throws Exception {
        try (HostListener listener = host.listen(HOST_PORT)) {
            HostSocket peer;
            try (Frontend guest = attach()) {
                VsockDriver driver = driver(guest);
                VsockConnection _ = connect(driver, GUEST_PORT);
                peer = listener.accept(LONG).orElseThrow();
                assertEquals(OptionalInt.empty(), driver.event(1_000_000));
            }
            try (peer;
                    Frontend again = attach()) {
                VsockDriver driver = driver(again);
                assertEquals(OptionalInt.of(Vsock.TRANSPORT_RESET), driver.event(LONG_NANOS));
                assertEquals(-1, peer.read(ByteBuffer.allocate(1), LONG));
                VsockConnection connection = connect(driver, GUEST_PORT);
                try (HostSocket next = listener.accept(LONG).orElseThrow()) {
                    toHost(connection, next, bytes(10));
                }
                assertEquals(OptionalInt.empty(), driver.event(1_000_000));
            }
        }
    }

    @Test
    @DisplayName(
            "VIRTIO 1.4, 5.10.6.7: a guest that another process served before learns that its connections are gone")
    void guestOfAnotherProcessLearnsThatConnectionsAreGone() throws Exception {
        try (HostListener listener = host.listen(HOST_PORT);
                Frontend guest = attach()) {
            VsockDriver driver = driver(guest);
            VsockConnection connection = connect(driver, GUEST_PORT);
            try (HostSocket peer = listener.accept(LONG).orElseThrow()) {
                toHost(connection, peer, bytes(10));
            }
            driver.awaitSent();
            server.close();
            serve();
            guest.reattach();
            assertEquals(OptionalInt.of(Vsock.TRANSPORT_RESET), driver.event(LONG_NANOS));
        }
    }

    @Test
    void connectionsGoOnAfterTheGuestWasPaused() throws Exception {
        try (HostListener listener = host.listen(HOST_PORT);
                Frontend guest = attach()) {
            VsockDriver driver = driver(guest);
            VsockConnection connection = connect(driver, GUEST_PORT);
            try (HostSocket peer = listener.accept(LONG).orElseThrow()) {
                guest.suspend();
                peer.write(ByteBuffer.wrap(bytes(10)));
                guest.start();
                assertArrayEquals(bytes(10), connection.read(10));
                toHost(connection, peer, bytes(10));
            }
        }
    }

    @Test
    void hostThatNeverReadsHoldsUpNobodyElse() throws Exception {
        try (HostListener listener = host.listen(HOST_PORT);
                Frontend guest = attach()) {
            VsockDriver driver = driver(guest);
            VsockConnection stuck = connect(driver, GUEST_PORT);
            try (HostSocket deaf = listener.accept(LONG).orElseThrow()) {
                long room = stuck.room();
                while (room > 0) {
                    stuck.send(Vsock.RW, 0, MemorySegment.ofArray(bytes((int) room)));
                    boolean _ = stuck.await(() -> stuck.room() > 0, 20_000_000);
                    room = stuck.room();
                }
                VsockConnection other = connect(driver, GUEST_PORT + 1);
                try (HostSocket peer = listener.accept(LONG).orElseThrow()) {
                    toHost(other, peer, bytes(2_000_000));
                }
                assertEquals(0, stuck.room());
                assertArrayEquals(bytes(BUFFER), deaf.read(BUFFER, LONG));
            }
        }
    }

    @Test
    void thousandConnectionsAreServed() throws Exception {
        manyConnections(1000);
    }

    @Test
    @Tag("slow")
    void tenThousandConnectionsAreServedIfSoManyFilesMayBeOpen() throws Exception {
        manyConnections((int) Math.min(10_000, (Host.allowOpenFiles(20_200) - 200) / 2));
    }

    /// All in one process: two open files for each.
    private void manyConnections(int count) throws Exception {
        assumeTrue(Host.allowOpenFiles(2L * count + 200) >= 2L * count + 200, "too few open files are allowed");
        List<OwnedFd> peers = new ArrayList<>();
        try (OwnedFd listening = UnixSocket.listen(Path.of(host.path() + "_" + HOST_PORT), 16);
                Frontend guest = attach();
                Arena arena = Arena.ofConfined();
                FdBox none = new FdBox()) {
            VsockDriver driver = driver(guest);
            List<VsockConnection> connections = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                connections.add(connect(driver, GUEST_PORT + i));
                peers.add(UnixSocket.accept(listening.number()));
            }
            for (int i = 0; i < count; i++) {
                connections.get(i).write(MemorySegment.ofArray(bytes(i % 100 + 1)), 0);
            }
            MemorySegment into = arena.allocate(200);
            for (int i = 0; i < count; i++) {
                int n = UnixSocket.receive(peers.get(i).number(), into, 200, none);
                assertArrayEquals(bytes(i % 100 + 1), into.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE));
            }
        } finally {
            peers.forEach(OwnedFd::close);
        }
    }
}
