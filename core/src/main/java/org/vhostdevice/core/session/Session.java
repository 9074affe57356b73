package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.transport.ReceivedMessage;
import org.vhostdevice.core.transport.VhostUserConnection;

/// One front end from its first message to its last: obeys each message and answers it.
///
/// A request is acknowledged with 0 only after it was obeyed in full. What becomes of one that is refused, [Refusals]
/// says.
final class Session implements SessionEvents {
    private static final Logger LOGGER = System.getLogger(Session.class.getName());

    private final VhostUserConnection connection;
    private final VirtioDevice device;
    private final Rings rings;
    private final MemoryTable memory;
    private final WriteLog log;
    private final StateMessages state;
    private final Negotiation negotiation;
    private final DeviceStatus status;
    private final ConfigAccess config;
    private final AtomicBoolean failed = new AtomicBoolean();
    private final FrontendNotices notices;
    private final Refusals refusals = new Refusals();

    /// @param connection closed with the session
    /// @param metrics one for each queue
    Session(VhostUserConnection connection, Workers workers, ServerOptions options, List<QueueMetrics> metrics) {
        GuestMemory none = GuestMemory.empty();
        this.connection = connection;
        this.device = workers.device();
        this.notices = new FrontendNotices(device.queueCount(), this::channelLost);
        this.rings = new Rings(workers, this, notices, none, metrics);
        this.memory = new MemoryTable(rings, none);
        this.log = new WriteLog(rings);
        this.state = new StateMessages(device, rings);
        this.negotiation = new Negotiation(device, options, rings, log);
        this.status = new DeviceStatus(negotiation, rings);
        this.config = new ConfigAccess(device.config());
    }

    /// Serves the front end until it disconnects, breaks the protocol or is given up. All rings have stopped then.
    void run() {
        try {
            boolean goesOn = true;
            while (goesOn) {
                goesOn = serveNext();
            }
        } catch (ProtocolException e) {
            LOGGER.log(failed.get() ? Level.DEBUG : Level.WARNING, "the connection ends: " + e.getMessage());
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "the connection has ended", e);
        } finally {
            end();
        }
    }

    @Override
    public void ringBroken(int queue) {
        status.needReset();
        configChanged();
    }

    /// Tells the front end that the configuration space has changed. Any thread.
    void configChanged() {
        if (negotiation.has(ProtocolFeature.CONFIG)) {
            notices.configChanged();
        }
    }

    @Override
    public void failed(Throwable cause) {
        if (failed.compareAndSet(false, true)) {
            Failures.log(LOGGER, cause);
            connection.abort();
        }
    }

    private boolean serveNext() throws IOException {
        try (ReceivedMessage received = connection.receive();
                FdBox along = new FdBox()) {
            if (received == null) {
                return false;
            }
            FrontendRequest request = received.request();
            Message reply;
            try {
                reply = obey(request, received.message(), received, along);
            } catch (ProtocolException e) {
                reply = refusals.answer(received, e, wantsAck(received));
            }
            if (reply == null && wantsAck(received)) {
                reply = Message.ACK;
            }
            if (reply != null) {
                connection.reply(received, reply, along.all());
            }
            return true;
        }
    }

    private boolean wantsAck(ReceivedMessage received) {
        return received.header().needReply() && negotiation.has(ProtocolFeature.REPLY_ACK);
    }

    /// Whether GET_VRING_BASE may leave requests in flight. A front end that has a message for that means the other
    /// thing by this one.
    private boolean leavesInFlight() {
        return negotiation.has(ProtocolFeature.GET_VRING_BASE_INFLIGHT)
                && !negotiation.has(ProtocolFeature.GET_VRING_BASE_SKIP_DRAIN);
    }

    /// Obeys one request.
    ///
    /// @param along gets the descriptors that go with the reply
    /// @return the request's own reply; null if it has none
    /// @throws ProtocolException if the request is refused
    private @Nullable Message obey(FrontendRequest request, Message message, ReceivedMessage received, FdBox along)
            throws ProtocolException {
        requireNegotiated(request);
        return switch (request) {
            case GET_FEATURES -> negotiation.features();
            case SET_FEATURES -> done(() -> negotiation.setFeatures((Message.U64) message));
            case GET_PROTOCOL_FEATURES -> negotiation.protocolFeatures();
            case SET_PROTOCOL_FEATURES -> done(() -> negotiation.setProtocolFeatures((Message.U64) message));
            case SET_OWNER -> null;
            case RESET_OWNER -> done(() -> rings.enableAll(false));
            case RESET_DEVICE -> done(() -> reset(true));
            case SET_STATUS -> done(() -> setStatus((Message.U64) message));
            case GET_STATUS -> status.get();
            case GET_QUEUE_NUM -> new Message.U64(device.queueCount());
            case SET_BACKEND_REQ_FD -> done(() -> openChannel(received));
            case GET_CONFIG -> config.get((Message.Config) message);
            case SET_CONFIG -> done(() -> config.set((Message.Config) message));
            case SET_MEM_TABLE -> done(() -> memory.set((Message.MemoryTable) message, received));
            case GET_MAX_MEM_SLOTS -> new Message.U64(MemoryTable.SLOTS);
            case ADD_MEM_REG -> done(() -> memory.add((Message.MemoryRegion) message, received));
            case REM_MEM_REG -> done(() -> memory.remove((Message.MemoryRegion) message));
            case SET_VRING_NUM -> done(() -> rings.setSize((Message.VringState) message));
            case SET_VRING_ADDR -> done(() -> rings.setAddress((Message.VringAddress) message));
            case SET_VRING_BASE -> done(() -> rings.setBase((Message.VringState) message));
            case GET_VRING_BASE -> rings.getBase((Message.VringState) message, leavesInFlight());
            case GET_VRING_BASE_SKIP_DRAIN -> rings.getBase((Message.VringState) message, true);
            case SET_VRING_KICK -> done(() -> startRing((Message.VringFile) message, received));
            case SET_VRING_CALL -> done(() -> rings.setCall((Message.VringFile) message, received));
            case SET_VRING_ERR -> done(() -> rings.setError((Message.VringFile) message, received));
            case SET_VRING_ENABLE -> done(() -> rings.enable((Message.VringState) message));
            case SET_LOG_BASE -> log.setBase((Message.Log) message, received);
            case SET_LOG_FD -> done(() -> log.setNotifier(received));
            case GET_INFLIGHT_FD -> rings.createInflight((Message.Inflight) message, along);
            case SET_INFLIGHT_FD -> done(() -> rings.useInflight((Message.Inflight) message, received));
            case VRING_KICK -> done(() -> rings.kick((Message.VringState) message));
            case UNKNOWN -> throw unsupported();
            case SEND_RARP, NET_SET_MTU, IOTLB_MSG, SET_VRING_ENDIAN, GPU_SET_SOCKET -> throw unsupported();
            case CREATE_CRYPTO_SESSION, CLOSE_CRYPTO_SESSION -> throw unsupported();
            case POSTCOPY_ADVISE, POSTCOPY_LISTEN, POSTCOPY_END -> throw unsupported();
            case GET_SHARED_OBJECT, GET_SHMEM_CONFIG -> throw unsupported();
            case SET_DEVICE_STATE_FD -> state.begin((Message.DeviceState) message, received);
            case CHECK_DEVICE_STATE -> state.check();
        };
    }

    /// Refuses what the front end may send only after it has accepted a protocol feature. Questions are answered in
    /// any case, since the sender waits.
    private void requireNegotiated(FrontendRequest request) throws ProtocolException {
        ProtocolFeature needed = switch (request) {
            case SET_BACKEND_REQ_FD -> ProtocolFeature.BACKEND_REQ;
            case SET_CONFIG -> ProtocolFeature.CONFIG;
            case SET_LOG_BASE -> ProtocolFeature.LOG_SHMFD;
            case SET_DEVICE_STATE_FD, CHECK_DEVICE_STATE -> ProtocolFeature.DEVICE_STATE;
            case RESET_DEVICE -> ProtocolFeature.RESET_DEVICE;
            case VRING_KICK -> ProtocolFeature.INBAND_NOTIFICATIONS;
            case ADD_MEM_REG, REM_MEM_REG -> ProtocolFeature.CONFIGURE_MEM_SLOTS;
            case SET_STATUS -> ProtocolFeature.STATUS;
            case SET_INFLIGHT_FD -> ProtocolFeature.INFLIGHT_SHMFD;
            case GET_VRING_BASE_SKIP_DRAIN -> ProtocolFeature.GET_VRING_BASE_SKIP_DRAIN;
            default -> null;
        };
        if (needed != null && !negotiation.has(needed)) {
            throw ProtocolException.refused(needed + " was not negotiated");
        }
    }

    private void startRing(Message.VringFile message, ReceivedMessage received) throws ProtocolException {
        boolean _ = state.end(); // the device is suspended no longer
        rings.setKick(message, received);
    }

    /// A status of 0 is a reset, unless the front end has a message for that: then it means that the device stops,
    /// which front ends say before they save what the device knows.
    private void setStatus(Message.U64 message) throws ProtocolException {
        if (message.value() != 0) {
            status.set(message.value());
        } else if (negotiation.has(ProtocolFeature.RESET_DEVICE)) {
            uninitialize(false);
        } else {
            reset(false);
        }
    }

    /// Back to the state after the connection was made, but for what belongs to the connection: guest memory,
    /// protocol features, the in-flight region, and the descriptors by which the front end is notified.
    ///
    /// @param forgetAll whether requests left in flight are forgotten
    private void reset(boolean forgetAll) throws ProtocolException {
        boolean _ = state.end();
        uninitialize(forgetAll);
        device.reset();
    }

    /// Stops all rings and forgets what the driver has agreed on. The device keeps what it knows.
    ///
    /// @param forgetAll whether requests left in flight are forgotten
    private void uninitialize(boolean forgetAll) throws ProtocolException {
        rings.reset(forgetAll);
        negotiation.reset();
        status.reset();
    }

    /// SET_BACKEND_REQ_FD.
    private void openChannel(ReceivedMessage received) throws ProtocolException {
        OwnedFd socket = received.takeDescriptor();
        if (!isSocket(socket)) {
            socket.close();
            throw ProtocolException.refused("the back-end channel is no socket");
        }
        notices.use(connection.backendChannel(socket, false));
    }

    /// A front end that wants its calls by messages and does not take them would wait for ever.
    private void channelLost() {
        if (negotiation.has(ProtocolFeature.INBAND_NOTIFICATIONS)) {
            connection.abort();
        }
    }

    private static boolean isSocket(OwnedFd fd) {
        try {
            return UnixSocket.isSocket(fd.number());
        } catch (ErrnoException e) {
            return false;
        }
    }

    private void end() {
        try {
            rings.close();
        } catch (ProtocolException e) {
            LOGGER.log(Level.DEBUG, "a ring has failed", e);
        } finally {
            boolean _ = state.end();
            memory.close();
            log.close();
            notices.close();
            connection.close();
            device.reset();
        }
    }

    private static ProtocolException unsupported() {
        return ProtocolException.refused("not supported");
    }

    /// A request without reply of its own.
    @FunctionalInterface
    private interface Change {
        void make() throws ProtocolException;
    }

    private static @Nullable Message done(Change change) throws ProtocolException {
        change.make();
        return null;
    }
}
