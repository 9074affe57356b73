package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.vsock.HostListener;
import org.vhostdevice.core.frontend.vsock.HostMessages;
import org.vhostdevice.core.frontend.vsock.HostPeers;
import org.vhostdevice.core.frontend.vsock.HostSocket;
import org.vhostdevice.core.frontend.vsock.HybridHost;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.testkit.Seeded;

/// What a guest sees of the socket device, whatever its front end is, and what the host sees of the guest. One guest
/// runs all tests.
@Tag("guest")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(Seeded.class)
abstract class VsockGuestContract {
    private static final int MUCH = 8 << 20;
    private static final int SERVICES = 100;
    private static final int PORT = 5000;
    private static final int FREE_PORT = 5999;

    /// Less than a packet, what fits in a guest's receive buffer and a byte more, several packets.
    private static final String LENGTHS = " 1 4052 4053 1000 100000";

    // Of Linux's sockets.
    private static final int STREAM = 1;
    private static final int SEQPACKET = 5;
    private static final String READY = "READY=1\nSTATUS=up";

    private Path folder;
    private HybridHost host;
    private BackEndProcess backEnd;
    private Guest guest;

    /// The front end under test, with its files in a folder.
    abstract GuestLauncher launcher(GuestTools tools, Path folder);

    /// Connections at a time.
    abstract int connections();

    @BeforeAll
    void boot(@TempDir Path temporary) throws IOException {
        folder = temporary;
        host = VsockBackEnd.host(folder);
        GuestTools tools = GuestAvailability.require();
        backEnd = VsockBackEnd.start(folder, List.of());
        guest = boot(launcher(tools, folder), tools, backEnd.socket());
    }

    @AfterAll
    void end() throws IOException {
        if (guest != null) {
            guest.close();
        }
        if (backEnd != null) {
            backEnd.close();
        }
    }

    /// A guest that takes commands.
    static Guest boot(GuestLauncher launcher, GuestTools tools, Path socket) throws IOException {
        Guest guest = launcher.start(new GuestSpec(
                GuestDevice.VSOCK, socket, 1, VsockGuestScripts.files(tools), VsockGuestScripts.INTERACTIVE));
        try {
            guest.awaitReady();
            return guest;
        } catch (AssertionError e) {
            guest.close();
            throw e;
        }
    }

    private static byte[] much(RandomGenerator random) {
        byte[] bytes = new byte[MUCH];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void theGuestHasItsContextId() throws IOException {
        assertEquals("" + VsockBackEnd.CID, guest.query("cid", "cid"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exchange", "socat", "ncat"})
    void theGuestConnectsAndBothSendMuchAtATime(String program, RandomGenerator random) throws IOException {
        try (HostListener listener = host.listen(PORT)) {
            Guest.Pending command = guest.submit(program + " " + PORT + " " + MUCH);
            try (HostSocket socket = HostSide.accept(listener)) {
                HostSide.exchange(socket, much(random), command);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exchange_called", "socat_called", "ncat_called"})
    void theHostConnectsAndBothSendMuchAtATime(String program, RandomGenerator random) throws IOException {
        Guest.Pending command = guest.submit(program + " " + PORT + " " + MUCH);
        command.awaitValue("listening");
        try (HostSocket socket = HostSide.connect(host, PORT)) {
            HostSide.exchange(socket, much(random), command);
        }
    }

    @Test
    void theHostAnswersOnceTheGuestHasSaidThatItIsAll(RandomGenerator random) throws IOException {
        byte[] answer = much(random);
        try (HostListener listener = host.listen(PORT)) {
            Guest.Pending command = guest.submit("ask " + PORT);
            try (HostSocket socket = HostSide.accept(listener)) {
                assertArrayEquals("question".getBytes(StandardCharsets.US_ASCII), HostSide.readAll(socket));
                socket.write(ByteBuffer.wrap(answer));
            }
            GuestReport report = command.await();
            report.requireSuccess();
            assertEquals(HostSide.sum(answer), report.value("answer"));
        }
    }

    @Test
    void theGuestAnswersOnceTheHostHasSaidThatItIsAll() throws IOException {
        Guest.Pending command = guest.submit("reply " + PORT);
        command.awaitValue("listening");
        try (HostSocket socket = HostSide.connect(host, PORT)) {
            socket.write(ByteBuffer.wrap("question".getBytes(StandardCharsets.US_ASCII)));
            socket.shutdownOutput();
            String answer = HostSide.sum(HostSide.readAll(socket));
            GuestReport report = command.await();
            report.requireSuccess();
            assertEquals("question", report.value("question"));
            assertEquals(report.value("answer"), answer);
        }
    }

    @Test
    void allThatAGuestSentArrivesThoughItClosesAtOnce() throws IOException {
        try (HostListener listener = host.listen(PORT)) {
            Guest.Pending command = guest.submit("send_and_close " + PORT + " " + SERVICES);
            for (int number = 0; number < SERVICES; number++) {
                try (HostSocket socket = HostSide.accept(listener)) {
                    String expected = ("READY=" + number + "\n").repeat(100);
                    assertEquals(expected, new String(HostSide.readAll(socket), StandardCharsets.US_ASCII));
                }
            }
            command.await().requireSuccess();
        }
    }

    /// As `NOTIFY_SOCKET=vsock:2:PORT` has it (sd_notify(3)): the guest waits until the host has closed too.
    @Test
    void theHostHearsThatServicesAreReady() throws IOException {
        try (HostListener listener = host.listen(PORT)) {
            Guest.Pending command = guest.submit("notify " + PORT + " " + STREAM);
            try (HostSocket socket = HostSide.accept(listener)) {
                assertEquals(READY, new String(HostSide.readAll(socket), StandardCharsets.US_ASCII));
            }
            requireEnd(command);
        }
        assumeTrue(HostProgram.has(Capability.UNIX_SEQPACKET), "this host has no sockets for messages");
        try (HostMessages.Listener listener = host.listenForMessages(PORT)) {
            Guest.Pending command = guest.submit("notify " + PORT + " " + SEQPACKET);
            try (HostMessages messages = listener.accept(HostSide.LIMIT).orElseThrow()) {
                assertEquals(READY, messages.receiveLine(HostSide.LIMIT));
                assertEquals(Optional.empty(), messages.receive(HostSide.LIMIT));
            }
            requireEnd(command);
        }
    }

    /// The guest was sent nothing but an end.
    private static void requireEnd(Guest.Pending command) {
        GuestReport report = command.await();
        report.requireSuccess();
        assertEquals("0", report.value("answer"));
    }

    @Test
    void manyConnectionsAreServedAtATime() throws IOException {
        try (HostListener listener = host.listen(PORT);
                HostPeers peers = new HostPeers(HostPeers.Role.ECHO)) {
            Guest.Pending command = guest.submit("many " + PORT + " " + connections());
            for (int accepted = 0; accepted < connections(); accepted++) {
                peers.add(HostSide.accept(listener));
            }
            peers.start();
            GuestReport report = command.await();
            report.requireSuccess();
            assertEquals("" + connections(), report.value("echoes"));
        }
    }

    @Test
    void messagesKeepTheirBorders() throws IOException {
        assumeTrue(HostProgram.has(Capability.UNIX_SEQPACKET), "this host has no sockets for messages");
        try (HostMessages.Listener listener = host.listenForMessages(PORT)) {
            Guest.Pending command = guest.submit("messages " + PORT + LENGTHS);
            try (HostMessages messages = listener.accept(HostSide.LIMIT).orElseThrow()) {
                requireMessages(messages, command);
            }
        }
        Guest.Pending command = guest.submit("messages_called " + PORT + LENGTHS);
        command.awaitValue("listening");
        try (HostMessages messages =
                host.connectForMessages(PORT, HostSide.LIMIT).orElseThrow()) {
            String line = messages.receiveLine(HostSide.LIMIT);
            assertTrue(line.startsWith("OK "), line);
            requireMessages(messages, command);
        }
    }

    /// Sends messages and receives those that the guest's function `exchange_messages` sends.
    private static void requireMessages(HostMessages messages, Guest.Pending command) throws IOException {
        for (String length : LENGTHS.strip().split(" ", -1)) {
            byte[] message = new byte[Integer.parseInt(length)];
            Arrays.fill(message, (byte) message.length);
            messages.send(message, HostSide.LIMIT);
            byte[] came = messages.receive(HostSide.LIMIT).orElseThrow();
            assertArrayEquals(message, came);
        }
        GuestReport report = command.await();
        report.requireSuccess();
        assertEquals(LENGTHS.strip(), report.value("lengths"));
        assertEquals(Optional.empty(), messages.receive(HostSide.LIMIT));
    }

    @Test
    void connectionsToNobodyAreRefusedAtOnce() throws IOException {
        assertEquals("ECONNRESET", guest.query("refused " + FREE_PORT, "error"));
        assertEquals("ECONNRESET", guest.query("refused " + FREE_PORT + " 77", "error"));
        assertEquals("ECONNRESET", guest.query("refused_messages " + FREE_PORT, "error"));
        try (HostSocket socket = host.connect(FREE_PORT)) {
            assertEquals(0, HostSide.readAll(socket).length);
        }
    }
}
