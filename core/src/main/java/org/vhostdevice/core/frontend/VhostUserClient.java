package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.frontend.MessageSocket.Received;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;

/// The front end's side of a vhost-user connection: one method for each request, in the words of the vhost-user text,
/// section "Front-end message types".
///
/// Nothing is sent that the caller did not ask for, and the order is the caller's. Once REPLY_ACK is set by
/// [#setProtocolFeatures], every request without a reply of its own asks for an acknowledgement and fails with
/// [BackendRefusal] when that is not zero. Descriptors passed along stay the caller's.
///
/// All methods throw [BackendTimeout] if there is no answer in time, [BackendDisconnected] at the end of the
/// connection, and [BackendViolation] if an answer has another request, other flags than 0x5, or another size than
/// belongs to it; after any of the three only [#close] makes sense. Any thread may ask; requests go one after the
/// other.
public final class VhostUserClient implements AutoCloseable {
    private final MessageSocket socket;
    private final RequestExchange exchange;

    private VhostUserClient(OwnedFd socket, Duration timeout) {
        this.socket = new MessageSocket(socket, timeout);
        this.exchange = new RequestExchange(this.socket);
    }

    /// Connects to a back end that listens.
    ///
    /// @param path    its socket
    /// @param timeout for each answer, at least a millisecond
    /// @return the connection
    /// @throws IOException if there is no socket, or nobody listens
    public static VhostUserClient connect(Path path, Duration timeout) throws IOException {
        return adopt(UnixSocket.connect(path), timeout);
    }

    /// Takes a connected socket over.
    ///
    /// @param socket  a stream socket of the Unix family
    /// @param timeout for each answer, at least a millisecond
    /// @return the connection
    public static VhostUserClient adopt(OwnedFd socket, Duration timeout) {
        return new VhostUserClient(socket, timeout);
    }

    /// {@return the number of the socket, for waiting on its end}
    public int fd() {
        return socket.fd();
    }

    /// GET_FEATURES.
    ///
    /// @return virtio feature bits
    /// @throws IOException if the back end fails
    public long getFeatures() throws IOException {
        return askU64(FrontendRequest.GET_FEATURES);
    }

    /// SET_FEATURES.
    ///
    /// @param features virtio feature bits
    /// @throws IOException if the back end fails or refuses
    public void setFeatures(long features) throws IOException {
        tell(FrontendRequest.SET_FEATURES, new Message.U64(features));
    }

    /// SET_OWNER.
    ///
    /// @throws IOException if the back end fails or refuses
    public void setOwner() throws IOException {
        tell(FrontendRequest.SET_OWNER, Message.EMPTY);
    }

    /// RESET_OWNER.
    ///
    /// @throws IOException if the back end fails or refuses
    public void resetOwner() throws IOException {
        tell(FrontendRequest.RESET_OWNER, Message.EMPTY);
    }

    /// SET_MEM_TABLE.
    ///
    /// @param regions     at most 8
    /// @param descriptors one for each region
    /// @throws IOException if the back end fails or refuses
    public void setMemTable(List<Message.MemoryRegion> regions, List<OwnedFd> descriptors) throws IOException {
        tell(FrontendRequest.SET_MEM_TABLE, new Message.MemoryTable(regions), descriptors);
    }

    /// SET_VRING_NUM.
    ///
    /// @param index ring
    /// @param size  descriptors
    /// @throws IOException if the back end fails or refuses
    public void setVringNum(int index, int size) throws IOException {
        tell(FrontendRequest.SET_VRING_NUM, new Message.VringState(index, size));
    }

    /// SET_VRING_ADDR.
    ///
    /// @param address ring and the front-end addresses of its parts
    /// @throws IOException if the back end fails or refuses
    public void setVringAddr(Message.VringAddress address) throws IOException {
        tell(FrontendRequest.SET_VRING_ADDR, address);
    }

    /// SET_VRING_BASE.
    ///
    /// @param index ring
    /// @param base  next available index
    /// @throws IOException if the back end fails or refuses
    public void setVringBase(int index, int base) throws IOException {
        tell(FrontendRequest.SET_VRING_BASE, new Message.VringState(index, base));
    }

    /// GET_VRING_BASE, which stops the ring.
    ///
    /// @param index ring
    /// @return next available index, all 32 bits
    /// @throws IOException if the back end fails
    public int getVringBase(int index) throws IOException {
        return askBase(FrontendRequest.GET_VRING_BASE, index);
    }

    /// GET_VRING_BASE_SKIP_DRAIN (protocol feature GET_VRING_BASE_SKIP_DRAIN), which stops the ring and may leave
    /// requests in flight, recorded in the memory of [#setInflightFd].
    ///
    /// @param index ring
    /// @return next available index, all 32 bits
    /// @throws IOException if the back end fails
    public int getVringBaseSkipDrain(int index) throws IOException {
        return askBase(FrontendRequest.GET_VRING_BASE_SKIP_DRAIN, index);
    }

    private int askBase(FrontendRequest request, int index) throws IOException {
        Message reply = ask(request, new Message.VringState(index, 0));
        if (!(reply instanceof Message.VringState state) || state.index() != index) {
            throw new BackendViolation(request + " of ring " + index + " is answered by " + reply);
        }
        return state.value();
    }

    /// SET_VRING_KICK, which starts the ring.
    ///
    /// @param index      ring
    /// @param descriptor what becomes readable for new buffers; null to be polled
    /// @throws IOException if the back end fails or refuses
    public void setVringKick(int index, @Nullable OwnedFd descriptor) throws IOException {
        tellFile(FrontendRequest.SET_VRING_KICK, index, descriptor);
    }

    /// SET_VRING_CALL.
    ///
    /// @param index      ring
    /// @param descriptor what to write to for used buffers; null for silence
    /// @throws IOException if the back end fails or refuses
    public void setVringCall(int index, @Nullable OwnedFd descriptor) throws IOException {
        tellFile(FrontendRequest.SET_VRING_CALL, index, descriptor);
    }

    /// SET_VRING_ERR.
    ///
    /// @param index      ring
    /// @param descriptor what to write to when the ring is broken; null for silence
    /// @throws IOException if the back end fails or refuses
    public void setVringErr(int index, @Nullable OwnedFd descriptor) throws IOException {
        tellFile(FrontendRequest.SET_VRING_ERR, index, descriptor);
    }

    /// GET_PROTOCOL_FEATURES.
    ///
    /// @return protocol feature bits
    /// @throws IOException if the back end fails
    public long getProtocolFeatures() throws IOException {
        return askU64(FrontendRequest.GET_PROTOCOL_FEATURES);
    }

    /// SET_PROTOCOL_FEATURES. With REPLY_ACK, the requests that follow are acknowledged.
    ///
    /// @param features protocol feature bits
    /// @throws IOException if the back end fails
    public void setProtocolFeatures(long features) throws IOException {
        exchange.acknowledge(false);
        tell(FrontendRequest.SET_PROTOCOL_FEATURES, new Message.U64(features));
        exchange.acknowledge(ProtocolFeature.REPLY_ACK.in(features));
    }

    /// GET_QUEUE_NUM (protocol feature MQ).
    ///
    /// @return the most queues that the back end has
    /// @throws IOException if the back end fails
    public long getQueueNum() throws IOException {
        return askU64(FrontendRequest.GET_QUEUE_NUM);
    }

    /// SET_VRING_ENABLE (virtio feature bit 30).
    ///
    /// @param index   ring
    /// @param enabled whether to process it
    /// @throws IOException if the back end fails or refuses
    public void setVringEnable(int index, boolean enabled) throws IOException {
        tell(FrontendRequest.SET_VRING_ENABLE, new Message.VringState(index, enabled ? 1 : 0));
    }

    /// SET_BACKEND_REQ_FD (protocol feature BACKEND_REQ).
    ///
    /// @param descriptor the back end's end of a socket pair
    /// @throws IOException if the back end fails or refuses
    public void setBackendReqFd(OwnedFd descriptor) throws IOException {
        tell(FrontendRequest.SET_BACKEND_REQ_FD, Message.EMPTY, List.of(descriptor));
    }

    /// GET_CONFIG (protocol feature CONFIG).
    ///
    /// @param offset first byte of the configuration space
    /// @param size   bytes, at most 256
    /// @return exactly that many bytes
    /// @throws IOException if the back end fails, or refuses by a reply without payload
    public Bytes getConfig(int offset, int size) throws IOException {
        Message reply = ask(FrontendRequest.GET_CONFIG, new Message.Config(offset, 0, Bytes.zeroes(size)));
        if (!(reply instanceof Message.Config config) || config.bytes().length() != size) {
            throw new BackendViolation("GET_CONFIG of " + size + " bytes is answered by " + reply);
        }
        return config.bytes();
    }

    /// SET_CONFIG (protocol feature CONFIG).
    ///
    /// @param offset first byte of the configuration space
    /// @param flags  0 write by the driver, 1 write for migration
    /// @param bytes  at most 256
    /// @throws IOException if the back end fails or refuses
    public void setConfig(int offset, int flags, Bytes bytes) throws IOException {
        tell(FrontendRequest.SET_CONFIG, new Message.Config(offset, flags, bytes));
    }

    /// GET_INFLIGHT_FD (protocol feature INFLIGHT_SHMFD).
    ///
    /// @param queues    number of queues
    /// @param queueSize descriptors of each
    /// @return memory of the caller's own, for [#setInflightFd]
    /// @throws IOException if the back end fails, or refuses by a reply without memory
    public InflightRegion getInflightFd(int queues, int queueSize) throws IOException {
        FrontendRequest request = FrontendRequest.GET_INFLIGHT_FD;
        Received received = exchange.askWhole(request, new Message.Inflight(0, 0, queues, queueSize), List.of());
        Message reply = RequestExchange.decode(request, received);
        if (!(reply instanceof Message.Inflight layout)
                || layout.mmapSize() <= 0
                || received.descriptors().size() != 1) {
            received.closeDescriptors();
            throw new BackendRefusal("GET_INFLIGHT_FD is answered by " + reply + " with "
                    + received.descriptors().size() + " descriptors");
        }
        return new InflightRegion(layout, received.descriptors().getFirst());
    }

    /// SET_INFLIGHT_FD (protocol feature INFLIGHT_SHMFD).
    ///
    /// @param region from this back end or from one before it
    /// @throws IOException if the back end fails or refuses
    public void setInflightFd(InflightRegion region) throws IOException {
        tell(FrontendRequest.SET_INFLIGHT_FD, region.layout(), List.of(region.file()));
    }

    /// RESET_DEVICE (protocol feature RESET_DEVICE).
    ///
    /// @throws IOException if the back end fails or refuses
    public void resetDevice() throws IOException {
        tell(FrontendRequest.RESET_DEVICE, Message.EMPTY);
    }

    /// VRING_KICK (protocol feature INBAND_NOTIFICATIONS), which starts a stopped ring.
    ///
    /// @param index ring
    /// @throws IOException if the back end fails or refuses
    public void vringKick(int index) throws IOException {
        tell(FrontendRequest.VRING_KICK, new Message.VringState(index, 0));
    }

    /// GET_MAX_MEM_SLOTS (protocol feature CONFIGURE_MEM_SLOTS).
    ///
    /// @return the most regions that the back end takes
    /// @throws IOException if the back end fails
    public long getMaxMemSlots() throws IOException {
        return askU64(FrontendRequest.GET_MAX_MEM_SLOTS);
    }

    /// ADD_MEM_REG (protocol feature CONFIGURE_MEM_SLOTS).
    ///
    /// @param region     to be mapped
    /// @param descriptor its file
    /// @throws IOException if the back end fails or refuses
    public void addMemReg(Message.MemoryRegion region, OwnedFd descriptor) throws IOException {
        tell(FrontendRequest.ADD_MEM_REG, region, List.of(descriptor));
    }

    /// REM_MEM_REG (protocol feature CONFIGURE_MEM_SLOTS).
    ///
    /// @param region as it was added
    /// @throws IOException if the back end fails or refuses
    public void remMemReg(Message.MemoryRegion region) throws IOException {
        tell(FrontendRequest.REM_MEM_REG, region);
    }

    /// SET_STATUS (protocol feature STATUS).
    ///
    /// @param status virtio device status
    /// @throws IOException if the back end fails or refuses
    public void setStatus(long status) throws IOException {
        tell(FrontendRequest.SET_STATUS, new Message.U64(status));
    }

    /// GET_STATUS (protocol feature STATUS).
    ///
    /// @return virtio device status
    /// @throws IOException if the back end fails
    public long getStatus() throws IOException {
        return askU64(FrontendRequest.GET_STATUS);
    }

    /// {@return the requests of migration}
    public MigrationClient migration() {
        return new MigrationClient(this);
    }

    /// Sends any bytes as they are, for tests of what back ends do with them. The descriptors go with the first piece.
    ///
    /// @param pieces      each is sent by a call of its own; not one is empty
    /// @param descriptors to pass along
    /// @throws IOException if the back end does not take the bytes
    public void sendRaw(List<Bytes> pieces, List<OwnedFd> descriptors) throws IOException {
        List<OwnedFd> passed = descriptors;
        try (Arena arena = Arena.ofConfined()) {
            for (Bytes piece : pieces) {
                MemorySegment copy = arena.allocate(piece.length());
                piece.copyTo(copy, 0);
                socket.send(copy, passed);
                passed = List.of();
            }
        }
    }

    /// Receives a message as it is, after [#sendRaw]. Descriptors that come along are closed.
    ///
    /// @param within how long to wait for its first byte
    /// @return header and payload; empty if nothing came
    /// @throws IOException if the back end closes the connection, or stops in the middle of a message
    public Optional<RawMessage> receiveRaw(Duration within) throws IOException {
        if (!socket.readable(within)) {
            return Optional.empty();
        }
        Received received = socket.receive("a message");
        received.closeDescriptors();
        return Optional.of(new RawMessage(
                received.header(),
                Bytes.of(received.payload()),
                received.descriptors().size()));
    }

    private void tellFile(FrontendRequest request, int index, @Nullable OwnedFd descriptor) throws IOException {
        List<OwnedFd> descriptors = descriptor == null ? List.of() : List.of(descriptor);
        tell(request, new Message.VringFile(index, descriptor == null), descriptors);
    }

    private void tell(FrontendRequest request, Message payload) throws IOException {
        tell(request, payload, List.of());
    }

    void tell(FrontendRequest request, Message payload, List<OwnedFd> descriptors) throws IOException {
        exchange.tell(request, payload, descriptors);
    }

    long askU64(FrontendRequest request) throws IOException {
        return exchange.askU64(request);
    }

    private Message ask(FrontendRequest request, Message payload) throws IOException {
        return ask(request, payload, List.of());
    }

    Message ask(FrontendRequest request, Message payload, List<OwnedFd> descriptors) throws IOException {
        return exchange.ask(request, payload, descriptors);
    }

    static long value(Message reply) throws BackendViolation {
        return RequestExchange.value(reply);
    }

    /// Closes the connection.
    @Override
    public void close() {
        socket.close();
    }
}
