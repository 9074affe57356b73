package org.vhostdevice.core.session;

import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// How a device is served.
///
/// What needs a feature that is not offered is not offered either.
///
/// @param disabledFeatures virtio feature bits that are not offered, whatever the device has
/// @param disabledProtocolFeatures protocol feature bits that are not offered ([ProtocolFeature])
public record ServerOptions(long disabledFeatures, long disabledProtocolFeatures) {
    /// All features.
    public static final ServerOptions DEFAULT = new ServerOptions(0, 0);

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
