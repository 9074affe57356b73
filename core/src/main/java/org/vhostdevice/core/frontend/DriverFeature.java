package org.vhostdevice.core.frontend;

/// Virtio feature bits that a driver of any device knows, as masks (VIRTIO 1.4, 6; vhost-user for bits 26 and 30).
public final class DriverFeature {
    /// The back end marks the pages that it writes; the driver knows nothing of it.
    public static final long LOG_ALL = 1L << 26;

    /// Descriptors may refer to a table of descriptors.
    public static final long INDIRECT_DESC = 1L << 28;

    /// Notifications are asked for by index.
    public static final long EVENT_IDX = 1L << 29;

    /// The back end has protocol features.
    public static final long PROTOCOL_FEATURES = 1L << 30;

    /// Not a legacy device.
    public static final long VERSION_1 = 1L << 32;

    /// Rings are packed.
    public static final long RING_PACKED = 1L << 34;

    /// Chains come back in the order in which they were offered.
    public static final long IN_ORDER = 1L << 35;

    private DriverFeature() {}
}
