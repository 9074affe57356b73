package org.vhostdevice.vsock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.vsock.Vsock;
import org.vhostdevice.core.frontend.vsock.VsockConnection;
import org.vhostdevice.core.frontend.vsock.VsockHeader;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.Seeded;

/// Ports of the host that are TCP ports or those of a virtual machine.
@Timeout(120)
@ExtendWith(Seeded.class)
class ForwardingTest {
    private static final int MUCH = 1_000_000;
    private static final int PORT = 80;
    private static final int LOCAL_CID = 1;
    private static final int ANSWER_MILLIS = 3000;

    @TempDir
    private Path folder;

    private static ServerSocket listen() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    private static int freePort() throws IOException {
        try (ServerSocket listener = listen()) {
            return listener.getLocalPort();
        }
    }

    private GuestRig guest(String... options) throws Exception {
        return new GuestRig(GuestRig.options(options), folder.resolve("s"));
    }

    /// Both send to their end at a time, and each sees all of it.
    private static void exchange(VsockConnection guest, Socket host, RandomGenerator random) throws Exception {
        byte[] there = new byte[MUCH];
        byte[] back = new byte[MUCH];
        random.nextBytes(there);
        random.nextBytes(back);
        CompletableFuture<byte[]> came = Background.call(() -> {
            byte[] all = host.getInputStream().readAllBytes();
            host.getOutputStream().write(back);
            host.shutdownOutput();
            return all;
        });
        guest.write(MemorySegment.ofArray(there), 0);
        guest.shutdown(Vsock.SHUTDOWN_SEND);
        assertArrayEquals(back, guest.read(MUCH));
        assertArrayEquals(there, came.join());
        assertTrue(guest.await(() -> (guest.hostShutdown() & Vsock.SHUTDOWN_SEND) != 0, GuestRig.LONG.toNanos()));
    }

    @Test
    void portOfTheHostIsATcpPort(RandomGenerator random) throws Exception {
        try (ServerSocket listener = listen();
                GuestRig guest = guest("--forward=guest:" + PORT + "=tcp:127.0.0.1:" + listener.getLocalPort())) {
            VsockConnection connection = guest.connect(PORT, 1000);
            try (Socket host = listener.accept()) {
                exchange(connection, host, random);
            }
        }
    }

    @Test
    void tcpPortWhereNobodyListensIsRefused() throws Exception {
        try (GuestRig guest = guest("--forward=guest:" + PORT + "=tcp:127.0.0.1:" + freePort())) {
            assertThrows(BackendRefusal.class, () -> guest.connect(PORT, 1000));
            assertThrows(BackendRefusal.class, () -> guest.connect(PORT + 1, 1001));
        }
    }

    @Test
    void tcpPortLeadsToTheGuest(RandomGenerator random) throws Exception {
        int entrance = freePort();
        try (GuestRig guest = guest("--listen=tcp:127.0.0.1:" + entrance + "=guest:22");
                Socket host = new Socket(InetAddress.getLoopbackAddress(), entrance)) {
            VsockHeader request = guest.requested(22);
            assertEquals(Vsock.HOST_CID, request.source().cid());
            exchange(guest.grant(request, GuestRig.SPACE), host, random);
        }
    }

    @Test
    void guestThatRefusesClosesTheTcpConnection() throws Exception {
        int entrance = freePort();
        try (GuestRig guest = guest("--listen=tcp:127.0.0.1:" + entrance + "=guest:22");
                Socket host = new Socket(InetAddress.getLoopbackAddress(), entrance)) {
            VsockHeader request = guest.requested(22);
            guest.driver().send(request.answer().withOperation(Vsock.RST, 0), Bytes.of());
            assertEquals(-1, host.getInputStream().read());
        }
    }

    @Test
    void hostWithoutSocketsOfVirtualMachinesIsAClearError() throws Exception {
        if (Sockets.areThere(new SocketAddress.Vsock(3, 0), SocketType.STREAM)) {
            try (GuestRig guest = guest("--forward-cid=" + LOCAL_CID)) {
                assertThrows(BackendRefusal.class, () -> guest.connect(1 << 20, 1000));
            }
        } else {
            IOException e = assertThrows(IOException.class, () -> guest("--forward-cid=3"));
            assertTrue(e.getMessage().contains("AF_VSOCK"), e.getMessage());
        }
    }

    @Test
    void portsAreThoseOfAContextId() throws Exception {
        int port = (1 << 20) + 1;
        SocketAddress local = new SocketAddress.Vsock(LOCAL_CID, port);
        assumeTrue(Sockets.areThere(local, SocketType.STREAM), "this host has no AF_VSOCK");
        assumeTrue(loopback(local), "this kernel has no loopback of AF_VSOCK (module vsock_loopback)");
        try (GuestRig guest = guest("--forward-cid=" + LOCAL_CID, "--forward-listen=" + port)) {
            // The guest reaches the same port of the host, which leads back to the guest.
            VsockConnection there =
                    VsockConnection.request(guest.driver(), guest.to(9, port, 1000, Vsock.TYPE_STREAM), GuestRig.SPACE);
            VsockHeader request = guest.requested(port);
            VsockConnection back = guest.grant(request, GuestRig.SPACE);
            assertTrue(there.await(there::isOpen, GuestRig.LONG.toNanos()));
            there.write(MemorySegment.ofArray(new byte[10]), 0);
            assertTrue(there.await(() -> !there.stray().isEmpty(), GuestRig.LONG.toNanos()));
            assertEquals(10, there.stray().element().data().length());
            assertTrue(back.isOpen());
        }
    }

    /// Whether connections to this host by AF_VSOCK come back to it.
    private static boolean loopback(SocketAddress local) {
        try (OwnedFd _ = Sockets.listen(local, SocketType.STREAM, 1);
                OwnedFd fd = Sockets.connect(local, SocketType.STREAM).fd()) {
            if (UnixSocket.poll(fd.number(), Poller.WRITE, ANSWER_MILLIS) == 0) {
                return false;
            }
            Sockets.requireConnected(fd.number());
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }
}
