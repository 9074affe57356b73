package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserConnection;
import org.vhostdevice.core.transport.VhostUserListener;

/// A front end that answers on the back-end channel whatever it likes, while rings call, break and stop. The channel
/// can be closed at any time, its thread ends then, and no descriptor that came along stays open.
///
/// Input: one byte chooses each step, further bytes its details.
class NoticesFuzzTest {
    private static final int MAX_STEPS = 40;
    private static final int QUEUES = 2;
    private static final int ACK_BYTES = MessageHeader.BYTES + Long.BYTES;

    private final AtomicInteger lost = new AtomicInteger();

    @FuzzTest
    void answers(byte[] input) throws IOException {
        List<OwnedFd> marker = UnixSocket.pair();
        List<OwnedFd> control = UnixSocket.pair();
        lost.set(0);
        try (OwnedFd watched = marker.get(1);
                OwnedFd _ = control.get(0);
                Arena arena = Arena.ofConfined()) {
            try (OwnedFd passed = marker.get(0);
                    VhostUserListener listener = VhostUserListener.open(
                            new Endpoint.Inherited(control.get(1).release()));
                    VhostUserConnection connection = Objects.requireNonNull(listener.accept())) {
                exchange(new Choices(input), connection, new Peer(passed, arena.allocate(256, 8)));
            }
            assertTrue(lost.get() <= 1, "a channel is lost once");
            assertTrue(
                    (UnixSocket.poll(watched.number(), Poller.READ, 0) & Poller.READ) != 0,
                    "a descriptor that was passed is still open");
        }
    }

    private void exchange(Choices choices, VhostUserConnection connection, Peer peer) throws IOException {
        List<OwnedFd> channel = UnixSocket.pair();
        OwnedFd frontend = channel.get(0);
        try (FrontendNotices notices = new FrontendNotices(QUEUES, lost::incrementAndGet)) {
            notices.use(connection.backendChannel(channel.get(1), false));
            notices.resume();
            for (int i = 0; i < MAX_STEPS && choices.any(); i++) {
                int step = choices.below(10);
                if (step < 5) {
                    tell(notices, step, choices);
                } else {
                    peer.step(frontend.number(), step, choices);
                }
            }
            if (choices.oneIn(2)) {
                frontend.close();
            }
        } finally {
            frontend.close();
        }
    }

    private static void tell(FrontendNotices notices, int step, Choices choices) {
        int queue = choices.below(QUEUES);
        switch (step) {
            case 0, 1 -> notices.call(queue);
            case 2 -> notices.error(queue);
            case 3 -> notices.flush(queue);
            default -> {
                if (choices.oneIn(3)) {
                    notices.suspend();
                    notices.resume();
                } else {
                    notices.configChanged();
                }
            }
        }
    }

    /// What the front end does.
    private record Peer(OwnedFd passed, MemorySegment buffer) {
        void step(int socket, int step, Choices choices) throws IOException {
            int bytes = switch (step) {
                case 5, 6 -> take(socket) ? acknowledgement(choices.oneIn(4) ? 1 : 0) : 0;
                case 7 -> message(choices);
                case 8 -> raw(choices);
                default -> acknowledgement(0);
            };
            List<OwnedFd> along = choices.oneIn(8) ? List.of(passed) : List.of();
            if (bytes > 0 && UnixSocket.poll(socket, Poller.WRITE, 0) != 0) {
                send(socket, bytes, along);
            }
        }

        private void send(int socket, int bytes, List<OwnedFd> along) throws IOException {
            try {
                var _ = UnixSocket.trySend(socket, buffer.asSlice(0, bytes), along);
            } catch (IOException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("EPIPE"), e.getMessage());
            }
        }

        private boolean take(int socket) throws IOException {
            try (FdBox none = new FdBox()) {
                return UnixSocket.poll(socket, Poller.READ, 1) != 0
                        && UnixSocket.tryReceive(socket, buffer, MessageHeader.BYTES + 8, none) >= MessageHeader.BYTES;
            }
        }

        /// Answers what was taken last.
        private int acknowledgement(long value) {
            new MessageHeader(
                            buffer.get(ValueLayout.JAVA_INT, 0),
                            MessageHeader.VERSION | MessageHeader.REPLY,
                            Long.BYTES)
                    .write(buffer);
            buffer.set(ValueLayout.JAVA_LONG_UNALIGNED, MessageHeader.BYTES, value);
            return ACK_BYTES;
        }

        private int message(Choices choices) {
            int size = choices.below(24);
            new MessageHeader(choices.below(10), choices.next(), choices.oneIn(4) ? (int) choices.bits() : size)
                    .write(buffer);
            for (int i = 0; i < size; i++) {
                buffer.set(ValueLayout.JAVA_BYTE, MessageHeader.BYTES + i, (byte) choices.next());
            }
            return MessageHeader.BYTES + size;
        }

        private int raw(Choices choices) {
            int size = 1 + choices.below(40);
            for (int i = 0; i < size; i++) {
                buffer.set(ValueLayout.JAVA_BYTE, i, (byte) choices.next());
            }
            return size;
        }
    }
}
