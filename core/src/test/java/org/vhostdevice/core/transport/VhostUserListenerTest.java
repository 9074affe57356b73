package org.vhostdevice.core.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.Background;

@Timeout(60)
@DisplayName("vhost-user listener")
class VhostUserListenerTest {
    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void choosePath() {
        path = folder.resolve("s");
    }

    private Endpoint.Listen endpoint() {
        return Endpoint.Listen.of(path, null, null);
    }

    @Test
    void servesOneFrontEndAfterTheOther() throws IOException {
        try (VhostUserListener listener = VhostUserListener.open(endpoint())) {
            for (int i = 0; i < 3; i++) {
                assertServes(listener);
            }
        }
    }

    private void assertServes(VhostUserListener listener) throws IOException {
        try (RawPeer client = new RawPeer(UnixSocket.connect(path));
                VhostUserConnection server = Objects.requireNonNull(listener.accept())) {
            client.send(RawPeer.bytes(1, 0x1, Message.EMPTY));
            try (ReceivedMessage message = Objects.requireNonNull(server.receive())) {
                assertEquals(FrontendRequest.GET_FEATURES, message.request());
            }
        }
    }

    @Test
    void socketFileIsRemovedAtTheEnd() throws IOException {
        VhostUserListener.open(endpoint()).close();
        assertFalse(Files.exists(path));
    }

    @Test
    void fileThatReplacedOursIsLeftAlone() throws IOException {
        VhostUserListener listener = VhostUserListener.open(endpoint());
        Files.move(path, folder.resolve("old"));
        Files.createFile(path);
        listener.close();
        assertTrue(Files.exists(path));
    }

    @Test
    void fileThatIsGoneAlreadyIsNotMissed() throws IOException {
        VhostUserListener listener = VhostUserListener.open(endpoint());
        Files.delete(path);
        listener.close();
    }

    @Test
    void staleSocketFileIsReplaced() throws IOException {
        Sockets.bind(new SocketAddress.Unix(path), SocketType.STREAM).close();
        assertTrue(Files.exists(path));
        try (VhostUserListener listener = VhostUserListener.open(endpoint())) {
            assertServes(listener);
        }
    }

    @Test
    void liveSocketIsRefusedAndGoesOnWorking() throws IOException {
        try (VhostUserListener first = VhostUserListener.open(endpoint())) {
            IOException refusal = assertThrows(IOException.class, () -> VhostUserListener.open(endpoint()));
            assertTrue(refusal.getMessage().contains("another process listens on " + path), refusal::getMessage);
            Objects.requireNonNull(first.accept()).close();
            assertServes(first);
        }
    }

    @Test
    void socketWithAFullQueueIsAliveToo() throws IOException {
        try (OwnedFd socket = Sockets.bind(new SocketAddress.Unix(path), SocketType.STREAM)) {
            Sockets.listen(socket.number(), 0);
            try (OwnedFd _ = UnixSocket.connect(path)) {
                assertThrows(IOException.class, () -> VhostUserListener.open(endpoint()));
                assertTrue(Files.exists(path));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "folder", "link"})
    void whatIsNotASocketIsRefusedAndLeftAlone(String kind) throws IOException {
        switch (kind) {
            case "file" -> Files.createFile(path);
            case "folder" -> Files.createDirectory(path);
            default -> Files.createSymbolicLink(path, folder.resolve("nowhere"));
        }
        IOException refusal = assertThrows(IOException.class, () -> VhostUserListener.open(endpoint()));
        assertTrue(refusal.getMessage().contains("is not a socket"), refusal::getMessage);
        assertTrue(Files.exists(path, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void missingFolderIsNamed() {
        IOException refusal = assertThrows(
                IOException.class,
                () -> VhostUserListener.open(Endpoint.Listen.of(folder.resolve("no/s"), null, null)));
        assertTrue(refusal.getMessage().contains("no/s"), refusal::getMessage);
    }

    @ParameterizedTest
    @CsvSource({"384,rw-------", "432,rw-rw----", "511,rwxrwxrwx", "128,-w-------"})
    void modeIsSetWhateverTheUmask(int mode, String permissions) throws IOException {
        try (VhostUserListener _ = VhostUserListener.open(new Endpoint.Listen(path, mode, null))) {
            assertEquals(permissions, PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        }
    }

    @Test
    void usualModeIsForTheOwnerAndForAGroupWhenGiven() {
        assertEquals(0600, Endpoint.Listen.of(path, null, null).mode());
        assertEquals(0660, Endpoint.Listen.of(path, null, "wheel").mode());
        assertEquals(0666, Endpoint.Listen.of(path, 0666, "wheel").mode());
    }

    @Test
    void groupIsSetByNumber() throws IOException {
        String group = Files.getAttribute(folder, "unix:gid").toString();
        try (VhostUserListener _ = VhostUserListener.open(Endpoint.Listen.of(path, null, group))) {
            assertEquals(group, Files.getAttribute(path, "unix:gid").toString());
            assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        }
    }

    @Test
    void unknownGroupIsNamedAndNothingIsLeftBehind() {
        IOException refusal = assertThrows(
                IOException.class, () -> VhostUserListener.open(Endpoint.Listen.of(path, null, "no-such-group")));
        assertTrue(refusal.getMessage().contains("no-such-group"), refusal::getMessage);
        assertFalse(Files.exists(path));
    }

    @Test
    void longestPathWorksAndALongerOneSaysTheLimit() throws IOException {
        int room = UnixSocket.maxPathBytes() - folder.toString().length() - 1;
        path = folder.resolve("x".repeat(room));
        try (VhostUserListener listener = VhostUserListener.open(endpoint())) {
            assertServes(listener);
        }
        path = folder.resolve("x".repeat(room + 1));
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, this::endpoint);
        assertTrue(refusal.getMessage().contains("" + UnixSocket.maxPathBytes()), refusal::getMessage);
    }

    @Test
    void wrongEndpointsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Endpoint.Listen(path, 01000, null));
        assertThrows(IllegalArgumentException.class, () -> new Endpoint.Listen(path, -1, null));
        assertThrows(IllegalArgumentException.class, () -> Endpoint.Listen.of(Path.of(""), null, null));
        assertThrows(IllegalArgumentException.class, () -> new Endpoint.Inherited(-1));
    }

    @Test
    void stopEndsTheWaitForAFrontEnd() throws Exception {
        try (VhostUserListener listener = VhostUserListener.open(endpoint())) {
            var waiting = Background.call(listener::accept);
            listener.stop();
            assertNull(waiting.get());
            assertNull(listener.accept());
        }
    }

    @Test
    void stopEndsTheWaitForTheRestOfAHeader() throws Exception {
        try (VhostUserListener listener = VhostUserListener.open(endpoint());
                RawPeer slow = new RawPeer(UnixSocket.connect(path));
                VhostUserConnection connection = Objects.requireNonNull(listener.accept())) {
            slow.send((byte) 1, (byte) 0, (byte) 0);
            var waiting = Background.call(connection::receive);
            listener.stop();
            assertNull(waiting.get());
        }
    }

    @Test
    void inheritedListeningSocketServesManyFrontEnds() throws IOException {
        OwnedFd socket = UnixSocket.listen(path, 4);
        try (VhostUserListener listener = VhostUserListener.open(new Endpoint.Inherited(socket.release()))) {
            assertServes(listener);
            assertServes(listener);
        }
        assertTrue(Files.exists(path), "whoever made the socket removes its file");
    }

    @Test
    void inheritedConnectionServesOneFrontEnd() throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        try (RawPeer peer = new RawPeer(pair.get(0));
                VhostUserListener listener = VhostUserListener.open(
                        new Endpoint.Inherited(pair.get(1).release()))) {
            try (VhostUserConnection connection = listener.accept()) {
                assertNotNull(connection);
                peer.send(RawPeer.bytes(1, 0x1, Message.EMPTY));
                try (ReceivedMessage message = connection.receive()) {
                    assertNotNull(message);
                }
            }
            assertNull(listener.accept());
        }
    }

    @Test
    void inheritedConnectionThatWasNotTakenIsClosed() throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        try (RawPeer peer = new RawPeer(pair.get(0))) {
            VhostUserListener.open(new Endpoint.Inherited(pair.get(1).release()))
                    .close();
            assertThrows(IOException.class, () -> peer.receive(1));
        }
    }

    @Test
    void inheritedFileIsRefused() throws IOException {
        try (OwnedFd file = FileIo.open(Files.createFile(path), OpenMode.READ_WRITE)) {
            int number = file.number();
            IOException refusal =
                    assertThrows(IOException.class, () -> VhostUserListener.open(new Endpoint.Inherited(number)));
            assertTrue(refusal.getMessage().contains("file descriptor " + number + " is not a socket"));
        }
    }

    @Test
    void inheritedDescriptorThatIsNotOpenIsRefused() {
        IOException refusal =
                assertThrows(IOException.class, () -> VhostUserListener.open(new Endpoint.Inherited(1_000_000)));
        assertTrue(refusal.getMessage().contains("1000000"), refusal::getMessage);
    }
}
