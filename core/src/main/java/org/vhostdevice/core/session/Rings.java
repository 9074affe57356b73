package org.vhostdevice.core.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.FdBox;
import org.vhostdevice.core.transport.ReceivedMessage;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.InflightArea;
import org.vhostdevice.core.virtqueue.RingLog;
import org.vhostdevice.core.virtqueue.RingSetup;

/// The messages about rings. Keeps what the front end said about each ring, and starts and stops them on their
/// workers.
///
/// A ring starts at SET_VRING_KICK and stops at GET_VRING_BASE. Guest memory is touched by workers only: here are
/// addresses. Control thread only.
final class Rings implements AutoCloseable {
    private static final int MAX_SPLIT_BASE = 0xffff;

    private final VirtioDevice device;
    private final Workers workers;
    private final SessionEvents events;
    private final FrontendNotices notices;
    private final List<QueueMetrics> metrics;
    private final List<RingState> rings;
    private final InflightMemory inflight;
    private final WorkerReplies replies = new WorkerReplies(this::unblockWorkers);

    private final Agreement agreed = new Agreement();
    private final RingStart starting;
    private GuestMemory memory;
    private boolean driverReady = true;
    private LogUse logUse = LogUse.NONE;

    /// @param notices what rings tell the front end by messages; the caller's
    /// @param memory what the front end has shared so far; held by the caller
    /// @param metrics one for each queue of the device
    Rings(
            Workers workers,
            SessionEvents events,
            FrontendNotices notices,
            GuestMemory memory,
            List<QueueMetrics> metrics) {
        this.device = workers.device();
        this.workers = workers;
        this.events = events;
        this.notices = notices;
        this.memory = memory;
        this.metrics = metrics;
        this.inflight = new InflightMemory(device);
        this.starting = new RingStart(device, agreed, inflight, replies);
        this.rings =
                IntStream.range(0, device.queueCount()).mapToObj(RingState::new).toList();
    }

    /// Whether a ring is started.
    boolean anyStarted() {
        return rings.stream().anyMatch(ring -> ring.started != null);
    }

    /// The features of rings that start from now on.
    void useFeatures(FeatureSet negotiated) {
        if (!negotiated.equals(agreed.features())) {
            workers.device().negotiated(negotiated);
        }
        agreed.useFeatures(negotiated);
    }

    /// The protocol features of the connection.
    void useProtocolFeatures(long negotiated) {
        agreed.useProtocolFeatures(negotiated);
    }

    /// Whether the front end names rings and regions by guest addresses alone.
    boolean addressedByGuest() {
        return agreed.addressedByGuest();
    }

    /// SET_VRING_NUM.
    void setSize(Message.VringState message) throws ProtocolException {
        RingState ring = at(message.index());
        int size = message.value();
        if (!RingSetup.isValidSize(Integer.toUnsignedLong(size), agreed.features()) || size > device.maxQueueSize()) {
            throw ProtocolException.refused(
                    "ring " + ring.index + " with " + Integer.toUnsignedString(size) + " descriptors, not "
                            + (agreed.packed() ? "1" : "a power of two") + " up to " + device.maxQueueSize());
        }
        if (size != ring.size) {
            requireStopped(ring, "size");
            ring.size = size;
        }
    }

    /// SET_VRING_ADDR. The addresses are checked when the ring starts.
    void setAddress(Message.VringAddress message) throws ProtocolException {
        RingState ring = at(message.index());
        Message.VringAddress old = ring.address;
        boolean same = old != null
                && old.descriptors() == message.descriptors()
                && old.available() == message.available()
                && old.used() == message.used();
        if (!same) {
            requireStopped(ring, "addresses");
        }
        requireLogged(ring, message);
        ring.address = message;
        tellLog(ring);
    }

    /// The last byte of a ring that is logged has a bit in the log, if there is a log already.
    private void requireLogged(RingState ring, Message.VringAddress message) throws ProtocolException {
        DirtyLog log = logUse.log();
        if (log == null || ring.size == 0 || (message.flags() & RingState.LOGGED) == 0) {
            return;
        }
        if (!log.covers(message.log(), RingSetup.deviceBytes(ring.size, agreed.features()))) {
            throw ProtocolException.refused(
                    "ring " + ring.index + " lies outside the log at " + Long.toHexString(message.log()));
        }
    }

    /// SET_VRING_BASE.
    void setBase(Message.VringState message) throws ProtocolException {
        RingState ring = at(message.index());
        requireStopped(ring, "base");
        if (!agreed.packed() && (message.value() < 0 || message.value() > MAX_SPLIT_BASE)) {
            throw ProtocolException.refused(
                    "ring " + ring.index + " at index " + Integer.toUnsignedString(message.value()));
        }
        ring.base = message.value();
    }

    /// GET_VRING_BASE and GET_VRING_BASE_SKIP_DRAIN: stops the ring and answers once nothing is in flight on the host:
    /// the last chain is completed and published, or else recorded for whoever starts the ring next.
    ///
    /// @param mayLeave whether chains may be left recorded
    Message getBase(Message.VringState message, boolean mayLeave) throws ProtocolException {
        RingState ring = at(message.index());
        stop(List.of(ring), mayLeave);
        return new Message.VringState(ring.index, ring.base);
    }

    /// GET_INFLIGHT_FD.
    ///
    /// @param along gets the descriptor
    Message createInflight(Message.Inflight message, FdBox along) throws ProtocolException {
        return inflight.create(message, agreed.features(), along);
    }

    /// SET_INFLIGHT_FD.
    ///
    /// @param received with descriptors: exactly one
    void useInflight(Message.Inflight message, ReceivedMessage received) throws ProtocolException {
        if (anyStarted()) {
            throw ProtocolException.refused("the in-flight region changed while a ring runs");
        }
        inflight.use(message, agreed.features(), received);
        rings.forEach(ring -> ring.recordEnded = false);
    }

    /// VRING_KICK: starts the ring, or says that there are chains in a started one. It is acknowledged before they are
    /// taken. A ring started by it has no kick descriptor, and is not looked at before the next message.
    void kick(Message.VringState message) throws ProtocolException {
        RingState ring = at(message.index());
        if (ring.started == null) {
            ring.started = start(ring, null, false);
        } else {
            ring.started.vring().kick();
        }
    }

    /// SET_VRING_KICK: starts the ring, or replaces the descriptor of a started one. Without descriptor the ring is
    /// looked at once a millisecond, also where notifications are in-band.
    ///
    /// @param received with descriptors: at most one
    void setKick(Message.VringFile message, ReceivedMessage received) throws ProtocolException {
        RingState ring = at(message.index());
        EventConsumer kick = Notifications.adopt(received, EventConsumer::adopt);
        try {
            if (ring.started == null) {
                ring.started = start(ring, kick, kick == null);
            } else {
                Vring vring = ring.started.vring();
                var _ = replies.await(ring.started.worker().submit(() -> {
                    vring.useKick(kick, kick == null);
                    return vring;
                }));
                ring.dropKick();
            }
            ring.kick = kick;
        } catch (ProtocolException | RuntimeException | Error e) {
            Notifications.close(kick);
            throw e;
        }
    }

    /// SET_VRING_CALL.
    ///
    /// @param received with descriptors: at most one; none: the driver looks at the ring by itself
    void setCall(Message.VringFile message, ReceivedMessage received) throws ProtocolException {
        RingState ring = at(message.index());
        EventNotifier call = Notifications.adopt(received, EventNotifier::adopt);
        EventNotifier old = ring.call;
        ring.call = call;
        ring.callPolled = call == null;
        boolean byMessage = agreed.callByMessage(ring);
        replace(ring, old, vring -> vring.useCall(call, byMessage));
    }

    /// SET_VRING_ERR.
    ///
    /// @param received with descriptors: at most one; none: broken rings are not reported
    void setError(Message.VringFile message, ReceivedMessage received) throws ProtocolException {
        RingState ring = at(message.index());
        EventNotifier error = Notifications.adopt(received, EventNotifier::adopt);
        EventNotifier old = ring.error;
        ring.error = error;
        boolean byMessage = agreed.inBand();
        replace(ring, old, vring -> vring.useError(error, byMessage));
    }

    /// SET_VRING_ENABLE.
    void enable(Message.VringState message) throws ProtocolException {
        RingState ring = at(message.index());
        if (message.value() != 0 && message.value() != 1) {
            throw ProtocolException.refused("ring " + ring.index + " enabled by "
                    + Integer.toUnsignedString(message.value()) + ", neither 0 nor 1");
        }
        ring.enabled = message.value() == 1;
        tellEnabled(ring);
    }

    /// Enables or disables every ring.
    void enableAll(boolean on) throws ProtocolException {
        for (RingState ring : rings) {
            ring.enabled = on;
            tellEnabled(ring);
        }
    }

    /// Says whether the driver is ready; while it is not, enabled rings rest.
    void setDriverReady(boolean ready) throws ProtocolException {
        driverReady = ready;
        for (RingState ring : rings) {
            tellEnabled(ring);
        }
    }

    /// Makes all rings log what they write in another way, and waits until they do.
    void useLog(LogUse use) throws ProtocolException {
        logUse = use;
        for (RingState ring : rings) {
            tellLog(ring);
        }
    }

    private void tellLog(RingState ring) throws ProtocolException {
        RingLog log = ring.log(logUse);
        EventNotifier notifier = logUse.notifier();
        tell(ring, vring -> vring.useLog(log, notifier));
    }

    /// Checks that all started rings can take up another snapshot of guest memory.
    void requireRoomForMemory() throws ProtocolException {
        for (RingState ring : rings) {
            if (ring.started != null) {
                Vring vring = ring.started.vring();
                var _ = replies.await(ring.started.worker().submit(() -> {
                    vring.requireRoomForMemory();
                    return vring;
                }));
            }
        }
    }

    /// Makes all started rings take up another snapshot of guest memory, and waits until they have.
    ///
    /// @param next held by the caller while rings may start with it
    void useMemory(GuestMemory next) throws ProtocolException {
        memory = next;
        List<CompletableFuture<Vring>> taken = new ArrayList<>();
        for (RingState ring : rings) {
            if (ring.started != null) {
                Vring vring = ring.started.vring();
                RingSetup setup = agreed.findIn(next, ring);
                taken.add(ring.started.worker().submit(() -> {
                    vring.useMemory(next, setup);
                    return vring;
                }));
            }
        }
        for (CompletableFuture<Vring> reply : taken) {
            var _ = replies.await(reply);
        }
    }

    /// Stops all rings, disables them and forgets what was said about them, but for the descriptors by which the
    /// front end is notified.
    ///
    /// @param forgetAll whether chains that were left in flight are forgotten too. Front ends set the status to 0
    ///     whenever they stop a device, and may start it again with the same chains.
    void reset(boolean forgetAll) throws ProtocolException {
        stop(rings, false);
        for (RingState ring : rings) {
            if (forgetAll || ring.recordEnded) {
                forgetRecord(ring);
            }
        }
        rings.forEach(RingState::reset);
        driverReady = true;
        agreed.useFeatures(FeatureSet.NONE);
    }

    /// Makes the part of a ring in the in-flight region uninitialised.
    private void forgetRecord(RingState ring) throws ProtocolException {
        ring.recordEnded = true;
        InflightArea area = inflight.find(ring, agreed.features());
        if (area == null) {
            return;
        }
        try {
            var _ = replies.await(workers.of(ring.index).submit(() -> {
                area.forget();
                return area;
            }));
        } catch (IOException e) {
            throw e instanceof ProtocolException refusal ? refusal : ProtocolException.refused(String.valueOf(e));
        }
    }

    /// Stops all rings and closes all descriptors.
    @Override
    public void close() throws ProtocolException {
        try {
            stop(rings, false);
        } finally {
            rings.forEach(RingState::close);
            inflight.close();
        }
    }

    private RingState.Started start(RingState ring, @Nullable EventConsumer kick, boolean regularly)
            throws ProtocolException {
        try {
            VringWorker worker = workers.of(ring.index);
            var owner = new Vring.Owner(worker, events, notices, metrics.get(ring.index));
            var given = new RingStart.Given(memory, ring.log(logUse), logUse.notifier(), ring.enabled && driverReady);
            return starting.start(ring, owner, given, kick, regularly);
        } catch (IOException e) {
            throw e instanceof ProtocolException refusal ? refusal : RingStart.refused(ring, e);
        }
    }

    /// @param mayLeave whether chains may be left recorded in the in-flight region
    private void stop(List<RingState> some, boolean mayLeave) throws ProtocolException {
        for (RingState ring : some) {
            if (ring.started != null) {
                Vring vring = ring.started.vring();
                ring.started.worker().order(() -> vring.stop(mayLeave));
            }
        }
        for (RingState ring : some) {
            if (ring.started != null) {
                Vring.Stopped end = replies.await(ring.started.vring().stopped());
                ring.base = end.base();
                ring.recordEnded = end.drained();
                ring.started = null;
                ring.dropKick();
                notices.flush(ring.index);
            }
        }
        if (!anyStarted()) {
            notices.suspend();
        }
    }

    private void tellEnabled(RingState ring) throws ProtocolException {
        boolean enabled = ring.enabled && driverReady;
        tell(ring, vring -> vring.enable(enabled));
    }

    /// Has a started ring use another descriptor, and closes the old one when it does.
    private void replace(RingState ring, @Nullable EventNotifier old, Consumer<Vring> use) throws ProtocolException {
        try {
            tell(ring, use);
        } finally {
            Notifications.close(old);
        }
    }

    /// Does something to a started ring, on its worker, and waits until it is done.
    private void tell(RingState ring, Consumer<Vring> action) throws ProtocolException {
        if (ring.started != null) {
            Vring vring = ring.started.vring();
            var _ = replies.await(ring.started.worker().submit(() -> {
                action.accept(vring);
                return vring;
            }));
        }
    }

    private void unblockWorkers() {
        for (RingState ring : rings) {
            if (ring.started != null) {
                ring.started.vring().unblock();
            }
        }
    }

    private RingState at(int index) throws ProtocolException {
        if (index < 0 || index >= rings.size()) {
            throw ProtocolException.refused("ring " + index + " of " + rings.size());
        }
        return rings.get(index);
    }

    private static void requireStopped(RingState ring, String what) throws ProtocolException {
        if (ring.started != null) {
            throw ProtocolException.refused("the " + what + " of ring " + ring.index + " changed while it runs");
        }
    }
}
