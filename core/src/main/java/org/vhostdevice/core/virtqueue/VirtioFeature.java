package org.vhostdevice.core.virtqueue;

/// Feature bits that do not belong to one device type (VIRTIO 1.4, 6; vhost-user for bits 26 and 30).
public enum VirtioFeature {
    /// The back end logs the guest pages it writes (vhost-user, migration).
    LOG_ALL(26),
    /// Descriptors may refer to a table of descriptors (VIRTIO 1.4, 2.7.5.3).
    INDIRECT_DESC(28),
    /// Notifications are asked for by index (VIRTIO 1.4, 2.7.7, 2.7.10).
    EVENT_IDX(29),
    /// The back end has vhost-user protocol features.
    PROTOCOL_FEATURES(30),
    /// Not a legacy device (VIRTIO 1.4, 6).
    VERSION_1(32),
    /// The ring has the packed format (VIRTIO 1.4, 2.8).
    RING_PACKED(34),
    /// Chains are completed in the order in which they were made available (VIRTIO 1.4, 6).
    IN_ORDER(35),
    /// Queues can be reset one at a time (VIRTIO 1.4, 2.6.1).
    RING_RESET(40);

    private final int bit;

    VirtioFeature(int bit) {
        this.bit = bit;
    }

    /// {@return the bit's number}
    public int bit() {
        return bit;
    }

    /// {@return the bit alone}
    public long mask() {
        return mask(bit);
    }

    /// {@return the mask of a bit number}
    ///
    /// @param bit 0 to 63
    public static long mask(int bit) {
        if (bit < 0 || bit > 63) {
            throw new IllegalArgumentException("feature bit " + bit);
        }
        return 1L << bit;
    }
}
