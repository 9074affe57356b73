package org.vhostdevice.core.device;

/// A kind of virtio device.
///
/// @param name the name in vhost-user's back-end schema (`block`, `vsock`, `console`, `fs` …), as
///     `--print-capabilities` prints it
/// @param virtioId the virtio device id (VIRTIO 1.4, 5)
public record DeviceType(String name, int virtioId) {
    /// Block device (VIRTIO 1.4, 5.2).
    public static final DeviceType BLOCK = new DeviceType("block", 2);

    /// Console device (VIRTIO 1.4, 5.3).
    public static final DeviceType CONSOLE = new DeviceType("console", 3);

    /// Socket device (VIRTIO 1.4, 5.10).
    public static final DeviceType VSOCK = new DeviceType("vsock", 19);

    /// File system device (VIRTIO 1.4, 5.11).
    public static final DeviceType FS = new DeviceType("fs", 26);

    /// Checks that the name is not empty and the id positive.
    public DeviceType {
        if (name.isEmpty() || virtioId < 1) {
            throw new IllegalArgumentException("device type " + name + " with virtio id " + virtioId);
        }
    }
}
