package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.sys.Wakeup;

/// A back end on a socket with a [FakeDisk] behind every ring, for one front end, in one thread. It trusts the front
/// end, writes down what it is asked, and can be told to misbehave.
final class FakeBackend implements AutoCloseable {
    /// What a back end offers.
    record Offer(long features, long protocolFeatures, int queues, int memorySlots) {
        /// Everything but a record of requests in flight: it knows nothing of the past.
        static final Offer FULL = new Offer(-1L, ~ProtocolFeature.INFLIGHT_SHMFD.mask(), 4, 32);
    }

    private record Ring(int index) {}

    private static final class RingState {
        int size;
        int base;
        Message.VringAddress address = new Message.VringAddress(0, 0, 0, 0, 0, 0);
        Optional<EventConsumer> kick = Optional.empty();
        Optional<EventNotifier> call = Optional.empty();
        Optional<EventNotifier> error = Optional.empty();
        Optional<RingDevice> device = Optional.empty();
        boolean enabled;
    }

    private record Region(Message.MemoryRegion told, MappedRegion mapping) {}

    private enum Source {
        SOCKET,
        STOP
    }

    private final Path path;
    private final Offer offer;
    private final FakeDisk disk;
    private final OwnedFd listener;
    private final Wakeup wakeup = Wakeup.create();
    private final Poller poller = Poller.create();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(MessageHeader.BYTES + MessageHeader.MAX_PAYLOAD, 8);
    private final List<String> transcript = new CopyOnWriteArrayList<>();
    private final TreeMap<Integer, RingState> rings = new TreeMap<>();
    private final List<Region> regions = new ArrayList<>();
    private final Thread thread;
    private Optional<OwnedFd> connection = Optional.empty();
    private Optional<OwnedFd> requests = Optional.empty();
    private long features;
    private long status;
    private final AtomicInteger chainsLeft = new AtomicInteger(Integer.MAX_VALUE);
    private volatile boolean refuseFeatures;
    private volatile boolean breakRings;

    FakeBackend(Path path, Offer offer, FakeDisk disk) throws IOException {
        this.path = path;
        this.offer = offer;
        this.disk = disk;
        Files.deleteIfExists(path);
        listener = UnixSocket.listen(path, 1);
        poller.add(wakeup.fd(), Poller.READ, Source.STOP);
        thread = Thread.ofPlatform().daemon().start(this::run);
    }

    /// The names of the requests so far; `?` behind one that asked for an acknowledgement.
    List<String> transcript() {
        return List.copyOf(transcript);
    }

    /// Takes this many chains more, and then hangs up. Four of the last eight are not returned.
    void dieAfter(int chains) {
        chainsLeft.set(chains);
    }

    /// Takes FEATURES_OK back.
    void refuseFeatures() {
        refuseFeatures = true;
    }

    /// Signals an error instead of serving chains.
    void breakRings() {
        breakRings = true;
    }

    private void run() {
        try (OwnedFd accepted = UnixSocket.accept(listener.number(), wakeup.fd())) {
            if (accepted != null) {
                connection = Optional.of(accepted);
                poller.add(accepted.number(), Poller.READ, Source.SOCKET);
                while (serveEvents()) {}
                poller.remove(accepted.number());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            free();
        }
    }

    private boolean serveEvents() throws IOException {
        int ready = poller.await(-1);
        for (int i = 0; i < ready; i++) {
            boolean goOn = switch (poller.token(i)) {
                case Ring ring -> serveRing(ring);
                case Source.SOCKET -> serveMessage();
                default -> false;
            };
            if (!goOn) {
                return false;
            }
        }
        return true;
    }

    private boolean serveMessage() throws IOException {
        try (FdBox descriptors = new FdBox()) {
            if (!fill(0, MessageHeader.BYTES, descriptors)) {
                return false;
            }
            MessageHeader header = MessageHeader.read(buffer);
            if (!fill(MessageHeader.BYTES, header.size(), descriptors)) {
                return false;
            }
            FrontendRequest request = FrontendRequest.of(header.request());
            Message message = MessageCodec.decode(request, buffer.asSlice(MessageHeader.BYTES, header.size()));
            transcript.add(request + (header.needReply() ? "?" : ""));
            request.descriptors().check(request, message, descriptors.size());
            Message reply = answer(request, message, descriptors);
            if (request.hasOwnReply() || header.needReply()) {
                reply(request, reply);
            }
            return true;
        }
    }

    private boolean fill(int at, int bytes, FdBox descriptors) throws IOException {
        int fd = connection.orElseThrow().number();
        for (int done = 0; done < bytes; ) {
            int n = UnixSocket.receive(fd, buffer.asSlice(at + done), bytes - done, descriptors);
            if (n == 0) {
                return false;
            }
            done += n;
        }
        return true;
    }

    private void reply(FrontendRequest request, Message reply) throws IOException {
        int size = MessageCodec.encode(reply, buffer.asSlice(MessageHeader.BYTES));
        MessageHeader.reply(request.id(), size).write(buffer);
        UnixSocket.send(connection.orElseThrow().number(), buffer, MessageHeader.BYTES + size, List.of());
    }

    private Message answer(FrontendRequest request, Message message, FdBox descriptors) throws IOException {
        return switch (message) {
            case Message.U64(long value) -> number(request, value);
            case Message.VringState state -> ring(request, state);
            case Message.VringAddress address -> {
                ringOf(address.index()).address = address;
                yield Message.ACK;
            }
            case Message.VringFile file -> file(request, file, descriptors);
            case Message.MemoryTable table -> {
                unmap();
                for (Message.MemoryRegion region : table.regions()) {
                    map(region, descriptors);
                }
                yield Message.ACK;
            }
            case Message.MemoryRegion region -> {
                map(region, descriptors);
                yield Message.ACK;
            }
            case Message.Config config -> config(config);
            default -> question(request, descriptors);
        };
    }

    private Message config(Message.Config config) {
        byte[] content = disk.config((int) config.offset(), config.bytes().length());
        return new Message.Config(config.offset(), config.flags(), Bytes.of(content));
    }

    private Message number(FrontendRequest request, long value) {
        switch (request) {
            case SET_FEATURES -> features = value;
            case SET_STATUS -> status = refuseFeatures ? value & ~8 : value;
            default -> {}
        }
        return Message.ACK;
    }

    private Message question(FrontendRequest request, FdBox descriptors) {
        if (!descriptors.isEmpty()) {
            requests = Optional.of(descriptors.take());
        }
        if (request == FrontendRequest.RESET_DEVICE) {
            rings.values().forEach(this::stop);
        }
        return new Message.U64(
                switch (request) {
                    case GET_FEATURES -> offer.features();
                    case GET_PROTOCOL_FEATURES -> offer.protocolFeatures();
                    case GET_QUEUE_NUM -> offer.queues();
                    case GET_MAX_MEM_SLOTS -> offer.memorySlots();
                    case GET_STATUS -> status;
                    default -> 0;
                });
    }

    private RingState ringOf(int index) {
        return rings.computeIfAbsent(index, _ -> new RingState());
    }

    private Message ring(FrontendRequest request, Message.VringState state) throws IOException {
        RingState ring = ringOf(state.index());
        switch (request) {
            case SET_VRING_NUM -> ring.size = state.value();
            case SET_VRING_BASE -> ring.base = state.value();
            case SET_VRING_ENABLE -> {
                ring.enabled = state.value() != 0;
                boolean _ = serveRing(new Ring(state.index()));
            }
            case GET_VRING_BASE -> {
                stop(ring);
                return new Message.VringState(state.index(), ring.base);
            }
            default -> throw new IllegalStateException(request.name());
        }
        return Message.ACK;
    }

    private void stop(RingState ring) {
        ring.device.ifPresent(device -> ring.base = device.base());
        ring.device = Optional.empty();
        ring.kick.ifPresent(kick -> {
            poller.remove(kick.fd());
            kick.close();
        });
        ring.kick = Optional.empty();
    }

    private Message file(FrontendRequest request, Message.VringFile file, FdBox descriptors) throws IOException {
        RingState ring = ringOf(file.index());
        OwnedFd descriptor = descriptors.take();
        switch (request) {
            case SET_VRING_KICK -> start(file.index(), ring, EventConsumer.adopt(descriptor));
            case SET_VRING_CALL -> {
                ring.call.ifPresent(EventNotifier::close);
                ring.call = Optional.of(EventNotifier.adopt(descriptor));
            }
            default -> {
                ring.error.ifPresent(EventNotifier::close);
                ring.error = Optional.of(EventNotifier.adopt(descriptor));
            }
        }
        return Message.ACK;
    }

    private void start(int index, RingState ring, EventConsumer kick) throws IOException {
        ring.kick = Optional.of(kick);
        poller.add(kick.fd(), Poller.READ, new Ring(index));
        var at = new RingAddresses(
                guestAddress(ring.address.descriptors()),
                guestAddress(ring.address.available()),
                guestAddress(ring.address.used()));
        var device = RingDevice.of(this::slice, at, ring.size, (features & 1L << 29) != 0, (features & 1L << 34) != 0);
        device.base(ring.base);
        ring.device = Optional.of(device);
        ring.enabled |= !ProtocolFeature.MQ.in(offer.protocolFeatures()) && (features & 1L << 30) == 0;
    }

    /// @return false to hang up
    private boolean serveRing(Ring token) {
        RingState ring = ringOf(token.index());
        ring.kick.ifPresent(kick -> {
            boolean _ = kick.drain();
        });
        if (!ring.enabled || ring.device.isEmpty()) {
            return true;
        }
        RingDevice device = ring.device.get();
        do {
            for (var request = device.next(); request.isPresent(); request = device.next()) {
                serveChain(ring, device, request.get());
            }
        } while (device.askForKick());
        return chainsLeft.get() > 0;
    }

    private void serveChain(RingState ring, RingDevice device, RingDevice.Request request) {
        if (breakRings) {
            ring.error.ifPresent(EventNotifier::signal);
            return;
        }
        int left = chainsLeft.decrementAndGet();
        if (left >= 8 || left % 2 != 0) {
            device.use(request.head(), disk.serve(device, request));
            if (device.interruptWanted()) {
                ring.call.ifPresent(EventNotifier::signal);
            }
        }
    }

    private void map(Message.MemoryRegion region, FdBox descriptors) throws IOException {
        try (OwnedFd file = descriptors.take()) {
            regions.add(new Region(region, MappedRegion.map(file, region.mmapOffset(), region.size(), true)));
        }
    }

    private void unmap() {
        regions.forEach(region -> region.mapping().close());
        regions.clear();
    }

    private long guestAddress(long frontendAddress) {
        for (Region region : regions) {
            long offset = frontendAddress - region.told().frontendAddress();
            if (offset >= 0 && offset < region.told().size()) {
                return region.told().guestAddress() + offset;
            }
        }
        throw new IllegalStateException("front-end address " + Long.toHexString(frontendAddress));
    }

    private MemorySegment slice(long guestAddress, long length) {
        for (Region region : regions) {
            long offset = guestAddress - region.told().guestAddress();
            if (offset >= 0 && offset < region.told().size()) {
                return region.mapping().segment().asSlice(offset, length);
            }
        }
        throw new IllegalStateException("guest address " + Long.toHexString(guestAddress));
    }

    /// Tells the front end that the configuration changed, and waits for its acknowledgement.
    long announceConfigChange() throws IOException {
        try (Arena own = Arena.ofConfined();
                FdBox none = new FdBox()) {
            MemorySegment message = own.allocate(20, 8);
            int fd = requests.orElseThrow().number();
            MessageHeader.request(2, 0, true).write(message);
            UnixSocket.send(fd, message, MessageHeader.BYTES, List.of());
            for (int done = 0; done < 20; ) {
                int n = UnixSocket.receive(fd, message.asSlice(done), 20 - done, none);
                done = n == 0 ? 20 : done + n;
            }
            return message.get(ValueLayout.JAVA_LONG_UNALIGNED, 12);
        }
    }

    private void free() {
        rings.values().forEach(ring -> {
            stop(ring);
            ring.call.ifPresent(EventNotifier::close);
            ring.error.ifPresent(EventNotifier::close);
        });
        requests.ifPresent(OwnedFd::close);
        unmap();
        poller.close();
        listener.close();
    }

    /// Waits for the end of the thread, which a hang-up of either side brings about.
    void join() throws InterruptedException {
        thread.join();
    }

    /// Hangs up.
    @Override
    public void close() throws IOException {
        wakeup.wake();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new InterruptedIOException(e.getMessage());
        }
        wakeup.close();
        Files.deleteIfExists(path);
    }
}
