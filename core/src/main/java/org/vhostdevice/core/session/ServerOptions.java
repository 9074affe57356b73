package org.vhostdevice.core.session;

/// How a device is served.
///
/// @param disabledFeatures virtio feature bits that are not offered, whatever the device has
/// @param whenReady called once, on the thread that serves, when front ends can connect
public record ServerOptions(long disabledFeatures, Runnable whenReady) {
    /// All features, nobody told.
    public static final ServerOptions DEFAULT = new ServerOptions(0, () -> {});

    /// These options with other features withheld.
    ///
    /// @param mask bit n set: feature n is not offered
    /// @return the changed options
    public ServerOptions withDisabledFeatures(long mask) {
        return new ServerOptions(mask, whenReady);
    }

    /// These options with another callback.
    ///
    /// @param callback called when front ends can connect
    /// @return the changed options
    public ServerOptions withWhenReady(Runnable callback) {
        return new ServerOptions(disabledFeatures, callback);
    }
}
