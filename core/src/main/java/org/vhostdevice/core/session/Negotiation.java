package org.vhostdevice.core.session;

import static org.vhostdevice.core.virtqueue.VirtioFeature.EVENT_IDX;
import static org.vhostdevice.core.virtqueue.VirtioFeature.INDIRECT_DESC;
import static org.vhostdevice.core.virtqueue.VirtioFeature.IN_ORDER;
import static org.vhostdevice.core.virtqueue.VirtioFeature.LOG_ALL;
import static org.vhostdevice.core.virtqueue.VirtioFeature.PROTOCOL_FEATURES;
import static org.vhostdevice.core.virtqueue.VirtioFeature.RING_PACKED;
import static org.vhostdevice.core.virtqueue.VirtioFeature.VERSION_1;

import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.virtqueue.FeatureSet;

/// The messages about features. Control thread only.
final class Negotiation {
    private static final long PROTOCOL = ProtocolFeature.bits(
            ProtocolFeature.MQ,
            ProtocolFeature.REPLY_ACK,
            ProtocolFeature.BACKEND_REQ,
            ProtocolFeature.BACKEND_SEND_FD,
            ProtocolFeature.RESET_DEVICE,
            ProtocolFeature.INBAND_NOTIFICATIONS,
            ProtocolFeature.CONFIGURE_MEM_SLOTS,
            ProtocolFeature.STATUS,
            ProtocolFeature.GPA_ADDRESSES,
            ProtocolFeature.INFLIGHT_SHMFD,
            ProtocolFeature.GET_VRING_BASE_INFLIGHT,
            ProtocolFeature.GET_VRING_BASE_SKIP_DRAIN,
            ProtocolFeature.DEVICE_STATE);

    private final FeatureSet offered;
    private final long offeredProtocol;
    private final Rings rings;
    private final WriteLog log;
    private FeatureSet accepted = FeatureSet.NONE;
    private boolean refused;
    // Workers ask for it.
    private volatile long protocol;

    /// @param device what has the features of its type
    /// @param options what is not offered
    Negotiation(VirtioDevice device, ServerOptions options, Rings rings, WriteLog log) {
        FeatureSet all = new FeatureSet(device.features())
                .with(INDIRECT_DESC)
                .with(EVENT_IDX)
                .with(RING_PACKED)
                .with(VERSION_1)
                .with(PROTOCOL_FEATURES);
        if (device.inOrder()) {
            all = all.with(IN_ORDER);
        }
        if (DirtyLog.isSupported()) {
            all = all.with(LOG_ALL);
        }
        this.offered = new FeatureSet(all.bits() & ~options.disabledFeatures());
        this.offeredProtocol = offered.has(PROTOCOL_FEATURES)
                ? ProtocolFeature.complete(protocolOf(device) & ~options.disabledProtocolFeatures())
                : 0;
        this.rings = rings;
        this.log = log;
    }

    private static long protocolOf(VirtioDevice device) {
        return PROTOCOL
                | (DirtyLog.isSupported() ? ProtocolFeature.LOG_SHMFD.mask() : 0)
                | (device.config().bytes().length == 0 ? 0 : ProtocolFeature.CONFIG.mask());
    }

    /// GET_FEATURES.
    Message features() {
        return new Message.U64(offered.bits());
    }

    /// SET_FEATURES. Without PROTOCOL_FEATURES no ring can be enabled by message, so all are at once.
    void setFeatures(Message.U64 message) throws ProtocolException {
        FeatureSet wanted = new FeatureSet(message.value());
        refused = true;
        if (!wanted.isSubsetOf(offered)) {
            throw ProtocolException.refused(
                    "features that are not offered: 0x" + Long.toHexString(wanted.bits() & ~offered.bits()));
        }
        // LOG_ALL is switched on and off while rings run, and is none of the driver's features.
        FeatureSet driver = wanted.without(LOG_ALL);
        if (!driver.equals(accepted) && rings.anyStarted()) {
            throw ProtocolException.refused("features changed while a ring runs");
        }
        refused = false;
        accepted = driver;
        rings.useFeatures(driver);
        log.logBuffers(wanted.has(LOG_ALL));
        if (!wanted.has(PROTOCOL_FEATURES)) {
            rings.enableAll(true);
        }
    }

    /// Whether the last SET_FEATURES was refused.
    boolean featuresRefused() {
        return refused;
    }

    /// GET_PROTOCOL_FEATURES.
    Message protocolFeatures() {
        return new Message.U64(offeredProtocol);
    }

    /// SET_PROTOCOL_FEATURES. In-band notifications without what they need end the connection, since the front end can
    /// be told in no other way.
    void setProtocolFeatures(Message.U64 message) throws ProtocolException {
        long unknown = message.value() & ~offeredProtocol;
        if (unknown != 0) {
            throw ProtocolException.refused("protocol features that are not offered: 0x" + Long.toHexString(unknown));
        }
        if (ProtocolFeature.INBAND_NOTIFICATIONS.in(message.value() & ~ProtocolFeature.complete(message.value()))) {
            throw ProtocolException.fatal("INBAND_NOTIFICATIONS without BACKEND_REQ and REPLY_ACK");
        }
        requireNeeded(message.value(), ProtocolFeature.GET_VRING_BASE_INFLIGHT);
        requireNeeded(message.value(), ProtocolFeature.GET_VRING_BASE_SKIP_DRAIN);
        protocol = message.value();
        rings.useProtocolFeatures(protocol);
    }

    private static void requireNeeded(long bits, ProtocolFeature feature) throws ProtocolException {
        if (feature.in(bits) && (feature.needs() & ~bits) != 0) {
            throw ProtocolException.refused(feature + " without what it needs: 0x" + Long.toHexString(bits));
        }
    }

    /// Whether a protocol feature was negotiated.
    boolean has(ProtocolFeature feature) {
        return feature.in(protocol);
    }

    /// Forgets the virtio features, as a reset does.
    void reset() throws ProtocolException {
        log.logBuffers(false);
        accepted = FeatureSet.NONE;
        refused = false;
    }
}
