package org.vhostdevice.core.check;

/// Feature bits, descriptor flags and device status bits by the names of VIRTIO 1.4.
final class Bits {
    static final long LOG_ALL = 1L << 26;
    static final long INDIRECT_DESC = 1L << 28;
    static final long EVENT_IDX = 1L << 29;
    static final long PROTOCOL_FEATURES = 1L << 30;
    static final long VERSION_1 = 1L << 32;
    static final long RING_PACKED = 1L << 34;
    static final long IN_ORDER = 1L << 35;
    static final long SUSPEND = 1L << 43;

    /// Flags of a descriptor.
    static final int NEXT = 1;

    static final int WRITE = 2;
    static final int INDIRECT = 4;

    /// Bits of the device status.
    static final int ACKNOWLEDGE = 1;

    static final int DRIVER = 2;
    static final int DRIVER_OK = 4;
    static final int FEATURES_OK = 8;
    static final int STATUS_SUSPEND = 16;
    static final int NEEDS_RESET = 64;

    private Bits() {}
}
