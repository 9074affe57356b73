package org.vhostdevice.core.session;

import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// How a device is served.
///
/// What needs a feature that is not offered is not offered either.
///
/// @param disabledFeatures virtio feature bits that are not offered, whatever the device has
/// @param disabledProtocolFeatures protocol feature bits that are not offered ([ProtocolFeature])
/// @param busyWaitNanos how long an empty ring is looked at before its thread sleeps, when that has paid lately
public record ServerOptions(long disabledFeatures, long disabledProtocolFeatures, long busyWaitNanos) {
    /// About what a sleep and the wake-up cost: if chains come later than that, little more than this was wasted.
    public static final long DEFAULT_BUSY_WAIT_NANOS = 5_000;

    /// All features.
    public static final ServerOptions DEFAULT = new ServerOptions(0, 0);

    /// Withholds features.
    ///
    /// @param disabledFeatures virtio feature bits
    /// @param disabledProtocolFeatures protocol feature bits
    public ServerOptions(long disabledFeatures, long disabledProtocolFeatures) {
        this(disabledFeatures, disabledProtocolFeatures, DEFAULT_BUSY_WAIT_NANOS);
    }

    /// Looks at empty rings for another time.
    ///
    /// @param nanos nanoseconds; 0 for not at all
    /// @return options with this time
    public ServerOptions withBusyWait(long nanos) {
        return new ServerOptions(disabledFeatures, disabledProtocolFeatures, nanos);
    }

    /// Checks that the device remains one.
    ///
    /// @throws IllegalArgumentException if VERSION_1 is disabled, without which a device is a legacy device
    public ServerOptions {
        if ((disabledFeatures & VirtioFeature.VERSION_1.mask()) != 0) {
            throw new IllegalArgumentException(
                    "VERSION_1 cannot be withheld: a device without it is a legacy device, which this is not");
        }
    }

    /// Withholds virtio features.
    ///
    /// @param bits feature bits
    /// @return options with these features disabled
    public static ServerOptions without(long bits) {
        return new ServerOptions(bits, 0);
    }

    /// Withholds protocol features.
    ///
    /// @param features the features
    /// @return options with these features disabled
    public static ServerOptions without(ProtocolFeature... features) {
        return new ServerOptions(0, ProtocolFeature.bits(features));
    }
}
