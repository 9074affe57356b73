package org.vhostdevice.core.session;

import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;

/// The virtio device status (VIRTIO 1.4, 2.1). Control thread only, but for [#needReset].
final class DeviceStatus {
    private static final int DRIVER = 2;
    private static final int DRIVER_OK = 4;
    private static final int FEATURES_OK = 8;
    private static final int DEVICE_NEEDS_RESET = 64;
    private static final long MAX = 255;

    private final Negotiation negotiation;
    private final Rings rings;
    private long value;
    private volatile boolean needsReset;

    DeviceStatus(Negotiation negotiation, Rings rings) {
        this.negotiation = negotiation;
        this.rings = rings;
    }

    /// GET_STATUS. FEATURES_OK does not stay set after features were refused.
    Message get() {
        long hidden = negotiation.featuresRefused() ? FEATURES_OK : 0;
        return new Message.U64((value & ~hidden) | (needsReset ? DEVICE_NEEDS_RESET : 0));
    }

    /// SET_STATUS with a value other than 0, which is a reset or a stop.
    ///
    /// A driver that says it is there but not yet ready keeps the rings at rest. Front ends that do not pass the
    /// driver's status on say neither; for them the start of a ring is the sign.
    void set(long newValue) throws ProtocolException {
        if (newValue < 0 || newValue > MAX) {
            throw ProtocolException.refused("status 0x" + Long.toHexString(newValue));
        }
        value = newValue & ~DEVICE_NEEDS_RESET;
        rings.setDriverReady((value & DRIVER) == 0 || (value & DRIVER_OK) != 0);
    }

    /// Sets DEVICE_NEEDS_RESET until the next reset. Any thread.
    void needReset() {
        needsReset = true;
    }

    /// Back to 0. All rings have stopped.
    void reset() {
        value = 0;
        needsReset = false;
    }
}
