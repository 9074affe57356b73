package org.vhostdevice.core.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.sys.Wakeup;
import org.vhostdevice.core.testkit.Background;

/// More messages than the socket holds, so that one of them goes out in pieces; where the buffers of other hosts are
/// played, the third already.
@DisplayName("Replies that go through a full socket")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SmallBuffersTest {
    private static final int REQUEST = 0x1;
    private static final int REPLY = 0x5;
    private static final int MESSAGES = 150;

    private static Message content(int i) {
        byte[] bytes = new byte[MessageHeader.MAX_PAYLOAD];
        Arrays.fill(bytes, (byte) i);
        return new Message.Opaque(Bytes.of(bytes));
    }

    @Test
    void arriveAtTheFrontEnd() throws Exception {
        List<OwnedFd> pair = UnixSocket.pair();
        try (Wakeup stop = Wakeup.create();
                RawPeer front = new RawPeer(pair.getFirst());
                VhostUserConnection back = new VhostUserConnection(pair.getLast(), stop.fd())) {
            front.send(RawPeer.bytes(4711, REQUEST, Message.EMPTY));
            ReceivedMessage request = back.receive();
            assertNotNull(request);
            var sent = Background.run(() -> {
                for (int i = 0; i < MESSAGES; i++) {
                    back.reply(request, content(i));
                }
            });
            while (back.hasRoom()) {
                Thread.onSpinWait(); // until the socket is full
            }
            for (int i = 0; i < MESSAGES; i++) {
                byte[] expected = RawPeer.bytes(4711, REPLY, content(i));
                assertArrayEquals(expected, front.receive(expected.length));
            }
            sent.join();
            request.close();
        }
    }
}
