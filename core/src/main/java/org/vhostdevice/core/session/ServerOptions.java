package org.vhostdevice.core.session;

/// How a device is served.
///
/// @param disabledFeatures virtio feature bits that are not offered, whatever the device has
public record ServerOptions(long disabledFeatures) {
    /// All features.
    public static final ServerOptions DEFAULT = new ServerOptions(0);
}
