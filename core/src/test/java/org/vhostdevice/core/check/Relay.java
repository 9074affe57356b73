package org.vhostdevice.core.check;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.vhostdevice.core.check.RelayFault.Trait;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.FileStatus;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.sys.Wakeup;

/// Stands between front ends and a good back end, passes messages on, and spoils them on the way. One front end at a
/// time, in a thread of its own.
final class Relay implements AutoCloseable {
    private final Path backEnd;
    private final RelayFault wanted;
    private volatile RelayFault fault;
    private final OwnedFd listener;
    private final Wakeup wakeup = Wakeup.create();
    private final Thread thread;
    private final RingFault ringFault;
    private final List<OwnedFd> kept = new ArrayList<>();
    private boolean configWritten;
    private volatile boolean paused;
    private volatile Optional<OwnedFd> channel = Optional.empty();
    private boolean dead;

    /// A message on its way.
    static final class Message {
        private byte[] bytes;
        private List<OwnedFd> descriptors;
        private int copies = 1;

        Message(byte[] bytes, List<OwnedFd> descriptors) {
            this.bytes = bytes;
            this.descriptors = descriptors;
        }

        private MemorySegment at() {
            return MemorySegment.ofArray(bytes);
        }

        byte[] bytes() {
            return bytes;
        }

        int request() {
            return at().get(ValueLayout.JAVA_INT_UNALIGNED, 0);
        }

        FrontendRequest of() {
            return FrontendRequest.of(request());
        }

        List<OwnedFd> descriptors() {
            return descriptors;
        }

        int flags() {
            return at().get(ValueLayout.JAVA_INT_UNALIGNED, 4);
        }

        boolean needReply() {
            return (flags() & MessageHeader.NEED_REPLY) != 0;
        }

        void header(int request, int flags) {
            MessageHeader.write(at(), request, flags, bytes.length - MessageHeader.BYTES);
        }

        /// The first 64 bits of the payload; 0 if it is shorter.
        long number() {
            return bytes.length < MessageHeader.BYTES + Long.BYTES
                    ? 0
                    : at().get(ValueLayout.JAVA_LONG_UNALIGNED, MessageHeader.BYTES);
        }

        void number(long value) {
            if (bytes.length >= MessageHeader.BYTES + Long.BYTES) {
                at().set(ValueLayout.JAVA_LONG_UNALIGNED, MessageHeader.BYTES, value);
            }
        }

        /// 64 bits of the payload, which has them.
        long word(int offset) {
            return at().get(ValueLayout.JAVA_LONG_UNALIGNED, MessageHeader.BYTES + (long) offset);
        }

        int half(int offset) {
            return bytes.length < MessageHeader.BYTES + offset + Integer.BYTES
                    ? 0
                    : at().get(ValueLayout.JAVA_INT_UNALIGNED, MessageHeader.BYTES + offset);
        }

        void half(int offset, int value) {
            if (bytes.length >= MessageHeader.BYTES + offset + Integer.BYTES) {
                at().set(ValueLayout.JAVA_INT_UNALIGNED, MessageHeader.BYTES + offset, value);
            }
        }

        void shorten(int by) {
            bytes = Arrays.copyOf(bytes, bytes.length - by);
            header(request(), flags());
        }

        /// Keeps so much of the payload, and so many descriptors.
        void cutTo(int payload, int files) {
            shorten(bytes.length - MessageHeader.BYTES - payload);
            descriptors.subList(files, descriptors.size()).forEach(OwnedFd::close);
            descriptors = descriptors.subList(0, files);
        }

        boolean carries(FileStatus.Kind kind) {
            try {
                return !descriptors.isEmpty()
                        && FileIo.status(descriptors.getFirst()).kind() == kind;
            } catch (ErrnoException e) {
                throw new UncheckedIOException(e);
            }
        }

        void repeat() {
            copies = 2;
        }

        void drop() {
            copies = 0;
        }

        private void sendTo(OwnedFd socket) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
                for (int i = 0; i < copies; i++) {
                    UnixSocket.send(socket.number(), copy, bytes.length, descriptors);
                }
            } finally {
                descriptors.forEach(OwnedFd::close);
            }
        }
    }

    /// What is known of one connection.
    final class State {
        private final OwnedFd front;
        private final Map<FrontendRequest, Integer> counts = new EnumMap<>(FrontendRequest.class);
        private Message last = new Message(new byte[MessageHeader.BYTES], List.of());
        private final List<EventNotifier> noise = new ArrayList<>();
        private final List<EventConsumer> deaths = new ArrayList<>();
        private final Optional<FakeRings> rings;
        private long kept;
        private int first;
        private boolean hungUp;
        private boolean packed;

        private State(OwnedFd front) {
            this.front = front;
            rings = ringFault == RingFault.OFF ? Optional.empty() : Optional.of(new FakeRings(ringFault));
        }

        /// Replaces a descriptor by another one, at whose signal the back end ends for good.
        void dieOf(Message message) {
            if (message.descriptors.isEmpty()) {
                return;
            }
            try {
                Notification other = Notification.create(Notification.Kind.PIPE);
                deaths.add(EventConsumer.adopt(other.readEnd()));
                message.descriptors.forEach(OwnedFd::close);
                message.descriptors = List.of(other.writeEnd());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void close() {
            noise.forEach(EventNotifier::close);
            deaths.forEach(EventConsumer::close);
            rings.ifPresent(FakeRings::close);
        }

        Message last() {
            return last;
        }

        long kept() {
            return kept;
        }

        void kept(long value) {
            kept = value;
        }

        /// The first value that was given here.
        int first(int value) {
            first = first == 0 ? value : first;
            return first;
        }

        boolean packed() {
            return packed;
        }

        int count(FrontendRequest request) {
            return counts.getOrDefault(request, 0);
        }

        boolean seen(FrontendRequest request) {
            return count(request) > 0;
        }

        void tellOfConfig() throws IOException {
            Relay.this.tellOfConfig();
        }

        void hangUp() {
            hungUp = true;
        }

        void writeConfig() {
            configWritten = true;
        }

        boolean configWritten() {
            return configWritten;
        }

        void keepDescriptors(Message message) {
            try {
                for (OwnedFd fd : message.descriptors) {
                    Relay.this.kept.add(fd.duplicate());
                }
            } catch (ErrnoException e) {
                throw new UncheckedIOException(e);
            }
        }

        /// Signals a descriptor as often as there is time.
        void addNoise(Message message) {
            try {
                for (OwnedFd fd : message.descriptors) {
                    noise.add(EventNotifier.adopt(fd.duplicate()));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /// Answers in place of the back end, whose own acknowledgement is not passed on.
        void answerHere(Message request, long... numbers) {
            Message reply = new Message(new byte[MessageHeader.BYTES + numbers.length * Long.BYTES], List.of());
            reply.header(request.request(), MessageHeader.VERSION | MessageHeader.REPLY);
            MemorySegment.copy(
                    numbers, 0, reply.at(), ValueLayout.JAVA_LONG_UNALIGNED, MessageHeader.BYTES, numbers.length);
            request.header(request.request(), MessageHeader.VERSION);
            try {
                reply.sendTo(front);
            } catch (IOException e) {
                hungUp = true;
            }
        }

        void acknowledgeHere(Message request) {
            if (request.needReply()) {
                answerHere(request, 0);
            }
            request.drop();
        }

        void refuse(Message request) {
            if (request.needReply()) {
                answerHere(request, 1);
                request.drop();
            } else {
                hangUp();
            }
        }
    }

    /// Begins to listen.
    ///
    /// @param ringFault of rings that the relay has itself, in place of those of the back end; or [RingFault#OFF]
    Relay(Path path, Path backEnd, RelayFault fault, RingFault ringFault) throws IOException {
        this.backEnd = backEnd;
        this.ringFault = ringFault;
        wanted = fault;
        this.fault = fault.has(Trait.SPOILS_FACTS) ? fault : RelayFault.NONE;
        listener = UnixSocket.listen(path, 8);
        thread = Thread.ofPlatform().daemon().start(this::run);
    }

    private void run() {
        try {
            boolean more = true;
            while (more) {
                try (OwnedFd front = UnixSocket.accept(listener.number(), wakeup.fd())) {
                    more = front != null && !wanted.has(Trait.SERVES_ONE_ONLY);
                    if (front != null) {
                        serve(front);
                        fault = wanted;
                        more &= !dead;
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            listener.close();
        }
    }

    private void serve(OwnedFd front) {
        State state = new State(front);
        try (OwnedFd back = UnixSocket.connect(backEnd)) {
            boolean open = true;
            while (open) {
                open = fromBack(state, back) && fromFront(state, back);
            }
        } catch (IOException | RuntimeException e) {
            // Either side has left.
        } finally {
            state.close();
            setChannel(Optional.empty());
        }
    }

    private void setChannel(Optional<OwnedFd> other) {
        channel.ifPresent(OwnedFd::close);
        channel = other;
    }

    /// Passes on what the back end has sent, and waits for the front end meanwhile.
    private boolean fromBack(State state, OwnedFd back) throws IOException {
        state.noise.forEach(EventNotifier::signal);
        state.rings.filter(_ -> !paused).ifPresent(FakeRings::serve);
        int ready = UnixSocket.poll(back.number(), Poller.READ, state.front.number(), state.rings.isPresent() ? 1 : 20);
        if ((ready & ~UnixSocket.WOKEN) != 0) {
            Optional<Message> reply = receive(back, false);
            if (reply.isEmpty()) {
                dead |= !state.deaths.isEmpty();
                return fault.has(Trait.HIDES_THE_END) && succeed(state);
            }
            fault.reply(state, reply.get());
            state.rings.ifPresent(rings -> rings.answered(reply.get()));
            reply.get().sendTo(state.front);
        }
        dead |= state.deaths.stream().anyMatch(FakeRings::isSignalled);
        return !dead && UnixSocket.poll(wakeup.fd(), Poller.READ, 0) == 0;
    }

    /// Acknowledges the last request in place of a back end that has hung up.
    private static boolean succeed(State state) {
        if (state.last.needReply()) {
            state.answerHere(state.last, 0);
        }
        return false;
    }

    private boolean fromFront(State state, OwnedFd back) throws IOException {
        boolean rival = UnixSocket.poll(listener.number(), Poller.READ, 0) != 0;
        if (fault.has(Trait.ENDS_ON_SECOND) && rival) {
            UnixSocket.accept(listener.number()).close();
            return false;
        }
        if (UnixSocket.poll(state.front.number(), Poller.READ, 0) == 0) {
            return true;
        }
        Optional<Message> received = receive(state.front, fault.has(Trait.ENDS_ON_PIECES));
        if (received.isEmpty()) {
            return false;
        }
        Message request = received.get();
        state.last = request;
        state.counts.merge(request.of(), 1, Integer::sum);
        if (request.of() == FrontendRequest.SET_FEATURES) {
            state.packed = (request.number() & Bits.RING_PACKED) != 0;
        }
        fault.request(state, request);
        if (request.of() == FrontendRequest.SET_BACKEND_REQ_FD && request.copies > 0) {
            setChannel(Optional.of(request.descriptors().getFirst().duplicate()));
        }
        state.rings.ifPresent(rings -> rings.take(state, request));
        if (state.hungUp) {
            return false;
        }
        request.sendTo(back);
        return true;
    }

    /// A whole message; none at the end of the connection, or if it is beyond reason.
    private static Optional<Message> receive(OwnedFd from, boolean inOnePiece) throws IOException {
        try (Arena arena = Arena.ofConfined();
                FdBox descriptors = new FdBox()) {
            MemorySegment room = arena.allocate(MessageHeader.BYTES + MessageHeader.MAX_PAYLOAD, Long.BYTES);
            int size = MessageHeader.BYTES;
            for (int done = 0; done < size; ) {
                int n = UnixSocket.receive(from.number(), room.asSlice(done), size - done, descriptors);
                if (n == 0 || (inOnePiece && n < size - done)) {
                    return Optional.empty();
                }
                done += n;
                if (done == MessageHeader.BYTES) {
                    int payload = MessageHeader.read(room).size();
                    if (Integer.compareUnsigned(payload, MessageHeader.MAX_PAYLOAD) > 0) {
                        return Optional.empty();
                    }
                    size += payload;
                }
            }
            return Optional.of(new Message(
                    room.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE), new ArrayList<>(descriptors.takeAll())));
        }
    }

    /// Says that the configuration has changed, if the front end listens.
    void tellOfConfig() throws IOException {
        if (channel.isEmpty()) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(MessageHeader.BYTES, Integer.BYTES);
            MessageHeader.write(message, BackendRequest.CONFIG_CHANGE_MSG.id(), MessageHeader.VERSION, 0);
            UnixSocket.send(channel.get().number(), message, MessageHeader.BYTES, List.of());
        }
    }

    /// Lets its own rings stand still.
    ///
    /// @return false if it has none
    boolean pause() {
        paused = ringFault != RingFault.OFF;
        return paused;
    }

    @Override
    public void close() throws IOException {
        wakeup.wake();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new InterruptedIOException(e.getMessage());
        }
        kept.forEach(OwnedFd::close);
        wakeup.close();
    }
}
