package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;

/// A front end that does what the bytes of a fuzz input say: messages, mostly well formed; chains; kicks; and worse.
///
/// Input: one byte chooses each step, further bytes its details.
final class FuzzFrontEnd implements AutoCloseable {
    private static final int MAX_STEPS = 60;
    private static final long LIMIT_MILLIS = 30_000;

    // Steps from here on are no single messages.
    private static final int START = 200;
    private static final int OFFER = 210;
    private static final int SCRIBBLE = 232;
    private static final int KICK = 238;
    private static final int CHANNEL = 246;
    private static final int TRUNCATE = 251;
    private static final int RAW = 254;

    private final OwnedFd socket;
    private final Choices choices;
    private final FuzzMessages messages;
    private final FuzzMemory memory = new FuzzMemory();
    private final FuzzDescriptors descriptors;
    private final List<OwnedFd> channels = new ArrayList<>();
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(MessageHeader.BYTES + MessageHeader.MAX_PAYLOAD, 8);
    private boolean framed = true;

    FuzzFrontEnd(OwnedFd socket, byte[] input, Path file) throws IOException {
        this.socket = socket;
        this.choices = new Choices(input);
        this.messages = new FuzzMessages(choices);
        this.descriptors = new FuzzDescriptors(file);
    }

    /// Does everything, then waits until the back end has read it all.
    void run() throws IOException {
        try {
            for (int i = 0; i < MAX_STEPS && choices.any() && framed; i++) {
                step(choices.next());
                drain(socket);
            }
            if (framed) {
                send(FrontendRequest.GET_FEATURES.id(), MessageHeader.VERSION, Message.EMPTY, List.of());
                awaitAnswer(FrontendRequest.GET_FEATURES.id());
            }
        } catch (ErrnoException _) {
            // The back end has ended the connection.
        }
    }

    private void step(int choice) throws IOException {
        if (choice < START) {
            message(choice % 48);
        } else if (choice < OFFER) {
            start();
        } else if (choice < SCRIBBLE) {
            memory.offer(choices.below(FuzzMemory.RINGS), choices);
            descriptors.kickAll();
        } else if (choice < KICK) {
            memory.scribble(choices);
        } else if (choice < CHANNEL) {
            descriptors.kickAll();
        } else if (choice < TRUNCATE) {
            answerChannels();
        } else if (choice < RAW) {
            memory.truncate(choices);
        } else {
            raw();
        }
    }

    /// Starts the first ring as it should be.
    private void start() throws IOException {
        int ring = choices.below(FuzzMemory.RINGS);
        usual(
                FrontendRequest.SET_MEM_TABLE,
                new Message.MemoryTable(List.of(FuzzMemory.region())),
                List.of(memory.fd()));
        usual(FrontendRequest.SET_VRING_NUM, new Message.VringState(ring, 16), List.of());
        usual(FrontendRequest.SET_VRING_ADDR, FuzzMemory.ring(ring, 0, FuzzMemory.FRONT_END, 0), List.of());
        usual(FrontendRequest.SET_VRING_CALL, new Message.VringFile(ring, false), List.of(descriptors.notification()));
        usual(FrontendRequest.SET_VRING_KICK, new Message.VringFile(ring, false), List.of(descriptors.notification()));
        usual(FrontendRequest.SET_VRING_ENABLE, new Message.VringState(ring, 1), List.of());
    }

    private void usual(FrontendRequest request, Message payload, List<OwnedFd> along) throws IOException {
        send(request.id(), MessageHeader.VERSION | MessageHeader.NEED_REPLY, payload, along);
    }

    private void message(int id) throws IOException {
        FrontendRequest request = FrontendRequest.of(id);
        Message payload = messages.payload(request);
        int flags = choices.oneIn(3) ? MessageHeader.VERSION : MessageHeader.VERSION | MessageHeader.NEED_REPLY;
        if (choices.oneIn(64)) {
            flags = choices.next();
        }
        send(id, flags, payload, along(request, payload));
    }

    private List<OwnedFd> along(FrontendRequest request, Message payload) throws IOException {
        int count = choices.oneIn(16) ? choices.below(12) : rightCount(request, payload);
        List<OwnedFd> along = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            along.add(choices.oneIn(6) ? descriptors.any(choices) : usual(request));
        }
        return along;
    }

    private OwnedFd usual(FrontendRequest request) throws IOException {
        return switch (request) {
            case SET_MEM_TABLE, ADD_MEM_REG -> memory.fd();
            case SET_LOG_BASE, SET_INFLIGHT_FD -> descriptors.memory(choices);
            case SET_BACKEND_REQ_FD -> channel();
            default -> descriptors.notification();
        };
    }

    private OwnedFd channel() throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        channels.addAll(pair);
        return pair.get(1);
    }

    private static int rightCount(FrontendRequest request, Message payload) {
        for (int count = 0; count <= Message.MemoryTable.MAX_REGIONS; count++) {
            try {
                request.descriptors().check(request, payload, count);
                return count;
            } catch (ProtocolException _) {
                // Another number is right.
            }
        }
        return 0;
    }

    private void send(int id, int flags, Message payload, List<OwnedFd> along) throws IOException {
        int size = MessageCodec.encode(payload, buffer.asSlice(MessageHeader.BYTES));
        if (choices.oneIn(32)) {
            size = Math.min(MessageHeader.MAX_PAYLOAD, choices.next());
        }
        new MessageHeader(id, flags, size).write(buffer);
        UnixSocket.send(socket.number(), buffer, MessageHeader.BYTES + size, along, UnixSocket.NO_WAKEUP);
    }

    private void raw() throws IOException {
        framed = false;
        int size = 1 + choices.below(40);
        for (int i = 0; i < size; i++) {
            buffer.set(ValueLayout.JAVA_BYTE, i, (byte) choices.next());
        }
        List<OwnedFd> along = choices.oneIn(2) ? List.of(descriptors.any(choices)) : List.of();
        UnixSocket.send(socket.number(), buffer, size, along, UnixSocket.NO_WAKEUP);
    }

    /// Acknowledges what came on the back-end channels, or something else.
    private void answerChannels() throws IOException {
        for (int i = 0; i < channels.size(); i += 2) {
            int number = channels.get(i).number();
            try (FdBox none = new FdBox()) {
                if (UnixSocket.poll(number, Poller.READ, 0) == 0
                        || UnixSocket.tryReceive(number, buffer, MessageHeader.BYTES, none) <= 0) {
                    continue;
                }
            }
            int id = choices.oneIn(8) ? choices.next() : buffer.get(ValueLayout.JAVA_INT, 0);
            new MessageHeader(id, MessageHeader.VERSION | MessageHeader.REPLY, Long.BYTES).write(buffer);
            buffer.set(ValueLayout.JAVA_LONG_UNALIGNED, MessageHeader.BYTES, choices.below(2));
            var _ = UnixSocket.trySend(number, buffer.asSlice(0, MessageHeader.BYTES + Long.BYTES), List.of());
            drain(channels.get(i));
        }
    }

    private void drain(OwnedFd from) throws IOException {
        while (UnixSocket.poll(from.number(), Poller.READ, 0) != 0) {
            try (FdBox received = new FdBox()) {
                if (UnixSocket.tryReceive(from.number(), buffer, MessageHeader.MAX_PAYLOAD, received) <= 0) {
                    return;
                }
            }
        }
    }

    /// Reads until an answer comes, or the end of the connection.
    private void awaitAnswer(int id) throws IOException {
        while (true) {
            try (FdBox received = new FdBox()) {
                if (!fill(MessageHeader.BYTES, received)) {
                    return;
                }
                MessageHeader header = MessageHeader.read(buffer);
                if (!fill(header.size(), received) || header.request() == id) {
                    return;
                }
            }
        }
    }

    private boolean fill(int bytes, FdBox received) throws IOException {
        int done = 0;
        while (done < bytes) {
            if (UnixSocket.poll(socket.number(), Poller.READ, LIMIT_MILLIS) == 0) {
                throw new AssertionError("the back end neither answers nor ends the connection");
            }
            int n = UnixSocket.tryReceive(socket.number(), buffer.asSlice(done), bytes - done, received);
            if (n == 0) {
                return false;
            }
            done += Math.max(0, n);
        }
        return true;
    }

    @Override
    public void close() {
        socket.close();
        channels.forEach(OwnedFd::close);
        descriptors.close();
        memory.close();
        arena.close();
    }
}
