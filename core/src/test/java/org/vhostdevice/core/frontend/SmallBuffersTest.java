package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.ReceivedMessage;
import org.vhostdevice.core.transport.VhostUserConnection;
import org.vhostdevice.core.transport.VhostUserListener;

/// More messages than the socket holds, so that one of them goes out in pieces; where the buffers of other hosts are
/// played, the third already.
@DisplayName("Messages of a front end that go through a full socket")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SmallBuffersTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int MESSAGES = 150;

    private VhostUserListener listener;
    private VhostUserConnection back;
    private MessageSocket front;

    @BeforeEach
    void connect(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("s");
        listener = VhostUserListener.open(new Endpoint.Listen(path, 0600, null));
        front = new MessageSocket(UnixSocket.connect(path), LIMIT);
        back = listener.accept();
        assertNotNull(back);
    }

    @AfterEach
    void close() throws Exception {
        front.close();
        back.close();
        listener.close();
    }

    @Test
    void arriveAtTheBackEnd() throws Exception {
        var sent = Background.run(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment message = arena.allocate(MessageHeader.BYTES + (long) MessageHeader.MAX_PAYLOAD, 8);
                for (int i = 0; i < MESSAGES; i++) {
                    message.fill((byte) i);
                    MessageHeader.write(message, 1000 + i, MessageHeader.VERSION, MessageHeader.MAX_PAYLOAD);
                    front.send(message, List.of());
                }
            }
        });
        while (UnixSocket.poll(front.fd(), Poller.WRITE, 0) != 0) {
            Thread.onSpinWait(); // until the socket is full
        }
        for (int i = 0; i < MESSAGES; i++) {
            try (ReceivedMessage message = back.receive()) {
                assertNotNull(message);
                assertEquals(1000 + i, message.header().request());
                assertEquals(MessageHeader.MAX_PAYLOAD, message.header().size());
            }
        }
        sent.join();
    }
}
