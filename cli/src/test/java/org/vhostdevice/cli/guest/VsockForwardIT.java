package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.vsock.HostSocket;
import org.vhostdevice.core.testkit.Seeded;

/// Guests in User Mode Linux that reach TCP ports and each other.
@Tag("guest")
@ExtendWith(Seeded.class)
class VsockForwardIT {
    private static final int PORT = 8000;
    private static final int FREE_PORT = 8001;
    private static final int MUCH = 4 << 20;

    @TempDir
    private Path folder;

    private Guest boot(Path socket) throws IOException {
        GuestTools tools = GuestAvailability.require();
        return VsockGuestContract.boot(new UmlGuest(tools, folder), tools, socket);
    }

    private static ServerSocketChannel listen() throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private static int port(ServerSocketChannel listener) throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /// A port that was free a moment ago.
    private static int freePort() throws IOException {
        try (ServerSocketChannel listener = listen()) {
            return port(listener);
        }
    }

    @Test
    void guestsReachTcpPortsAndAreReachedByThem(RandomGenerator random) throws IOException {
        GuestTools _ = GuestAvailability.require();
        byte[] bytes = new byte[MUCH];
        random.nextBytes(bytes);
        int entrance = freePort();
        try (ServerSocketChannel listener = listen();
                BackEndProcess backEnd = VsockBackEnd.start(
                        folder,
                        List.of(
                                "--forward=guest:" + PORT + "=tcp:127.0.0.1:" + port(listener),
                                "--forward=guest:" + FREE_PORT + "=tcp:127.0.0.1:" + freePort(),
                                "--listen=tcp:127.0.0.1:" + entrance + "=guest:" + PORT));
                Guest guest = boot(backEnd.socket())) {
            Guest.Pending there = guest.submit("exchange " + PORT + " " + MUCH);
            try (HostSocket socket = new HostSocket(listener.accept())) {
                HostSide.exchange(socket, bytes, there);
            }
            Guest.Pending back = guest.submit("exchange_called " + PORT + " " + MUCH);
            back.awaitValue("listening");
            try (HostSocket socket = connect(entrance)) {
                HostSide.exchange(socket, bytes, back);
            }
            assertEquals("ECONNRESET", guest.query("refused " + FREE_PORT, "error"));
            try (HostSocket socket = connect(entrance)) {
                assertEquals(0, HostSide.readAll(socket).length);
            }
            assertEquals(0, backEnd.terminate());
        }
    }

    private static HostSocket connect(int port) throws IOException {
        return new HostSocket(SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
    }

    @Test
    void guestsOfAGroupReachEachOther() throws IOException {
        GuestTools _ = GuestAvailability.require();
        List<String> options = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            String groups = number == 2 ? "other" : "some+more" + number;
            options.add("--vm=guest-cid=" + (40 + number) + ",socket=" + socket(number) + ",uds-path="
                    + folder.resolve("h" + number) + ",groups=" + groups);
        }
        HostProgram program = VsockBackEnd.isPeer() ? VsockBackEnd.peer() : VsockBackEnd.ours();
        try (BackEndProcess backEnd = BackEndProcess.start(program.with(options), socket(0));
                Guest first = boot(socket(0));
                Guest second = boot(socket(1))) {
            requireExchange(first, second, 41);
            requireExchange(second, first, 40);
            assertEquals("ECONNRESET", first.query("refused " + FREE_PORT + " 41", "error"));
            assertEquals("ECONNRESET", first.query("refused " + PORT + " 42", "error"));
            second.kill();
            assertEquals("ECONNRESET", first.query("refused " + PORT + " 41", "error"));
            assertEquals(0, backEnd.terminate());
        }
    }

    private Path socket(int number) {
        return folder.resolve("s" + number);
    }

    private static void requireExchange(Guest from, Guest to, int cid) throws IOException {
        Guest.Pending called = to.submit("exchange_called " + PORT + " " + MUCH);
        called.awaitValue("listening");
        GuestReport there =
                from.submit("exchange_sibling " + cid + " " + PORT + " " + MUCH).await();
        GuestReport back = called.await();
        there.requireSuccess();
        back.requireSuccess();
        assertEquals(there.value("sent"), back.value("came"));
        assertEquals(back.value("sent"), there.value("came"));
    }
}
