package org.vhostdevice.core.frontend;

import java.time.Duration;
import java.util.List;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Notification;

/// What a front end wants of a back end, and what it uses itself. Immutable; the `with` methods give a changed copy.
///
/// Memory goes to the back end region by region if CONFIGURE_MEM_SLOTS is among the protocol features of both, and
/// else as a table.
///
/// @param features         virtio features wanted; used are those that the back end offers. With RING_PACKED rings are
///     packed, else split
/// @param protocolFeatures protocol features wanted; used are those that the back end offers
/// @param queues           queues to be set up
/// @param memory           regions to be made
/// @param link             notifications and time limit
public record FrontendOptions(
        long features, long protocolFeatures, QueuePlan queues, List<RegionPlan> memory, Link link) {

    /// How the front end talks.
    ///
    /// @param notifications what kicks and calls are made of
    /// @param timeout       for each answer and each used buffer, at least a millisecond
    /// @param haltPoll      how long a ring is looked at, with calls asked for, before its thread sleeps
    public record Link(Notification.Kind notifications, Duration timeout, Duration haltPoll) {}

    /// Copies the list.
    public FrontendOptions {
        memory = List.copyOf(memory);
    }

    /// One queue of 128 descriptors, the features that every device has, the protocol features that QEMU 10 uses of
    /// those that [Frontend] knows, 64 MiB of memory above 4 GiB, the host's best notifications, ten seconds.
    ///
    /// [#with] adds what [Frontend] knows beside: GPA_ADDRESSES, so that addresses in messages are the guest's, and
    /// INBAND_NOTIFICATIONS, so that kicks, calls and errors are messages.
    ///
    /// @return the options
    public static FrontendOptions defaults() {
        long protocolFeatures = ProtocolFeature.bits(
                ProtocolFeature.MQ,
                ProtocolFeature.LOG_SHMFD,
                ProtocolFeature.REPLY_ACK,
                ProtocolFeature.BACKEND_REQ,
                ProtocolFeature.CONFIG,
                ProtocolFeature.BACKEND_SEND_FD,
                ProtocolFeature.RESET_DEVICE,
                ProtocolFeature.CONFIGURE_MEM_SLOTS,
                ProtocolFeature.STATUS,
                ProtocolFeature.INFLIGHT_SHMFD,
                ProtocolFeature.DEVICE_STATE);
        long features = DriverFeature.INDIRECT_DESC
                | DriverFeature.EVENT_IDX
                | DriverFeature.PROTOCOL_FEATURES
                | DriverFeature.VERSION_1;
        var kind = Capability.EVENTFD.available() ? Notification.Kind.EVENTFD : Notification.Kind.PIPE;
        return new FrontendOptions(
                features,
                protocolFeatures,
                new QueuePlan(1, 128, 64),
                List.of(new RegionPlan(1L << 32, 64 << 20)),
                new Link(kind, Duration.ofSeconds(10), Duration.ZERO));
    }

    /// Wants virtio features too.
    ///
    /// @param more bits
    /// @return the changed copy
    public FrontendOptions withFeatures(long more) {
        return new FrontendOptions(features | more, protocolFeatures, queues, memory, link);
    }

    /// Does without virtio features.
    ///
    /// @param fewer bits
    /// @return the changed copy
    public FrontendOptions withoutFeatures(long fewer) {
        return new FrontendOptions(features & ~fewer, protocolFeatures, queues, memory, link);
    }

    /// Wants protocol features too.
    ///
    /// @param more the features
    /// @return the changed copy
    public FrontendOptions with(ProtocolFeature... more) {
        return new FrontendOptions(features, protocolFeatures | ProtocolFeature.bits(more), queues, memory, link);
    }

    /// Does without protocol features.
    ///
    /// @param fewer the features
    /// @return the changed copy
    public FrontendOptions without(ProtocolFeature... fewer) {
        return new FrontendOptions(features, protocolFeatures & ~ProtocolFeature.bits(fewer), queues, memory, link);
    }

    /// Sets the queues up otherwise.
    ///
    /// @param plan the queues
    /// @return the changed copy
    public FrontendOptions withQueues(QueuePlan plan) {
        return new FrontendOptions(features, protocolFeatures, plan, memory, link);
    }

    /// Makes other memory.
    ///
    /// @param regions without overlap
    /// @return the changed copy
    public FrontendOptions withMemory(List<RegionPlan> regions) {
        return new FrontendOptions(features, protocolFeatures, queues, regions, link);
    }

    /// Uses other notifications.
    ///
    /// @param kind eventfd or pipe
    /// @return the changed copy
    public FrontendOptions withNotifications(Notification.Kind kind) {
        return withLink(new Link(kind, link.timeout(), link.haltPoll()));
    }

    /// Waits for another time.
    ///
    /// @param timeout at least a millisecond
    /// @return the changed copy
    public FrontendOptions withTimeout(Duration timeout) {
        return withLink(new Link(link.notifications(), timeout, link.haltPoll()));
    }

    /// These options with another time of looking before a thread sleeps, which a processor of a guest has under KVM.
    ///
    /// @param haltPoll 0 or more
    /// @return the options
    public FrontendOptions withHaltPoll(Duration haltPoll) {
        return withLink(new Link(link.notifications(), link.timeout(), haltPoll));
    }

    private FrontendOptions withLink(Link newLink) {
        return new FrontendOptions(features, protocolFeatures, queues, memory, newLink);
    }
}
