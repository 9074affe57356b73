package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserConnection;
import org.vhostdevice.core.transport.VhostUserListener;

@Timeout(60)
class FrontendNoticesTest {
    private static final int CALL_BYTES = 20;
    private static final int CONFIG_CHANGE_BYTES = 12;

    @TempDir
    private Path folder;

    private final CountDownLatch lost = new CountDownLatch(1);
    private final FrontendNotices notices = new FrontendNotices(2, lost::countDown);
    private final Arena arena = Arena.ofConfined();
    private VhostUserListener listener;
    private OwnedFd client;
    private VhostUserConnection connection;
    private OwnedFd frontend;
    private OwnedFd backend;

    @BeforeEach
    void connect() throws IOException {
        Path socket = folder.resolve("s");
        listener = VhostUserListener.open(Endpoint.Listen.of(socket, null, null));
        client = UnixSocket.connect(socket);
        connection = Objects.requireNonNull(listener.accept());
        List<OwnedFd> pair = UnixSocket.pair();
        frontend = pair.get(0);
        backend = pair.get(1);
    }

    @AfterEach
    void close() throws IOException {
        notices.close();
        connection.close();
        client.close();
        listener.close();
        frontend.close();
        arena.close();
    }

    /// Leaves no room in the channel.
    ///
    /// @return bytes that fill it
    private long fill() throws IOException {
        MemorySegment some = arena.allocate(1024);
        long bytes = 0;
        for (int size = 1024; size > 0; size /= 2) {
            int n;
            do {
                n = UnixSocket.trySend(backend.number(), some.asSlice(0, size), List.of());
                bytes += n;
            } while (n > 0);
        }
        return bytes;
    }

    private void take(long bytes) throws IOException {
        MemorySegment some = arena.allocate(4096);
        try (FdBox none = new FdBox()) {
            for (long left = bytes; left > 0; ) {
                left -= UnixSocket.receive(frontend.number(), some, (int) Math.min(left, 4096), none);
            }
        }
    }

    @Test
    void ringStopsThoughTheFrontEndLeavesNoRoomForItsCall() throws IOException {
        long bytes = fill();
        notices.use(connection.backendChannel(backend, false));
        notices.resume();
        notices.call(0);
        notices.flush(0);
        notices.call(1);
        take(bytes);
        MemorySegment message = arena.allocate(CALL_BYTES, 4);
        try (FdBox none = new FdBox()) {
            int n = UnixSocket.receive(frontend.number(), message, CALL_BYTES, none);
            assertEquals(CALL_BYTES, n);
        }
        assertEquals(1, message.get(ValueLayout.JAVA_INT, 12), "the call of the ring that runs");
    }

    @Test
    @DisplayName("U5: a changed configuration is told once a ring is started, and not while all are stopped")
    void configurationThatChangesWhileTheDeviceIsSuspendedIsToldLater() throws IOException {
        notices.use(connection.backendChannel(backend, false));
        notices.configChanged();
        assertEquals(0, UnixSocket.poll(frontend.number(), Poller.READ, 20));
        notices.resume();
        take(CONFIG_CHANGE_BYTES);
        notices.configChanged();
        take(CONFIG_CHANGE_BYTES);
        notices.suspend();
        notices.configChanged();
        notices.configChanged();
        assertEquals(0, UnixSocket.poll(frontend.number(), Poller.READ, 20));
        notices.resume();
        take(CONFIG_CHANGE_BYTES);
        assertEquals(0, UnixSocket.poll(frontend.number(), Poller.READ, 20));
    }

    @Test
    void closesThoughTheFrontEndLeavesNoRoom() throws IOException {
        fill();
        notices.use(connection.backendChannel(backend, false));
        notices.resume();
        notices.call(0);
        notices.close();
        notices.call(0);
        notices.flush(0);
    }

    @Test
    void tellsThatTheChannelIsLost() throws Exception {
        notices.use(connection.backendChannel(backend, false));
        notices.resume();
        frontend.close();
        notices.configChanged();
        assertTrue(lost.await(20, TimeUnit.SECONDS));
        notices.call(0);
        notices.flush(0);
    }
}
