package org.vhostdevice.core.protocol;

/// Protocol feature bits, exchanged by GET_PROTOCOL_FEATURES and SET_PROTOCOL_FEATURES.
public enum ProtocolFeature {
    /// More than one queue; GET_QUEUE_NUM.
    MQ(0),
    /// Dirty log in shared memory.
    LOG_SHMFD(1),
    /// SEND_RARP.
    RARP(2),
    /// Acknowledgements on request (need_reply).
    REPLY_ACK(3),
    /// NET_SET_MTU.
    MTU(4),
    /// A socket for requests of the back end.
    BACKEND_REQ(5),
    /// SET_VRING_ENDIAN.
    CROSS_ENDIAN(6),
    /// Crypto sessions.
    CRYPTO_SESSION(7),
    /// Post-copy migration by userfaultfd.
    PAGEFAULT(8),
    /// GET_CONFIG, SET_CONFIG and the change notice.
    CONFIG(9),
    /// The back end may pass descriptors on its request socket.
    BACKEND_SEND_FD(10),
    /// Doorbell pages.
    HOST_NOTIFIER(11),
    /// In-flight requests recorded in shared memory.
    INFLIGHT_SHMFD(12),
    /// RESET_DEVICE.
    RESET_DEVICE(13),
    /// Kicks and calls as messages.
    INBAND_NOTIFICATIONS(14),
    /// Memory regions added and removed one by one.
    CONFIGURE_MEM_SLOTS(15),
    /// GET_STATUS and SET_STATUS.
    STATUS(16),
    /// Xen's memory table entries.
    XEN_MMAP(17),
    /// Exchange of dma-buf objects.
    SHARED_OBJECT(18),
    /// Migration of the device's state.
    DEVICE_STATE(19),
    /// GET_VRING_BASE leaves requests in flight.
    GET_VRING_BASE_INFLIGHT(20),
    /// Ring addresses are guest addresses.
    GPA_ADDRESSES(21),
    /// Shared memory regions of the device.
    SHMEM(22),
    /// GET_VRING_BASE_SKIP_DRAIN.
    GET_VRING_BASE_SKIP_DRAIN(23);

    private final int bit;

    ProtocolFeature(int bit) {
        this.bit = bit;
    }

    /// {@return the number of this feature's bit}
    public int bit() {
        return bit;
    }

    /// {@return a 64-bit set with only this feature}
    public long mask() {
        return 1L << bit;
    }

    /// Tells whether a set of protocol features has this one.
    ///
    /// @param bits the set
    /// @return whether this feature's bit is 1
    public boolean in(long bits) {
        return (bits & mask()) != 0;
    }

    /// {@return the features without which this one means nothing, as a set}
    public long needs() {
        return switch (this) {
            case BACKEND_SEND_FD, HOST_NOTIFIER, SHARED_OBJECT -> BACKEND_REQ.mask();
            case INBAND_NOTIFICATIONS, SHMEM -> bits(BACKEND_REQ, REPLY_ACK);
            case GET_VRING_BASE_INFLIGHT -> INFLIGHT_SHMFD.mask();
            case GET_VRING_BASE_SKIP_DRAIN -> bits(INFLIGHT_SHMFD, GET_VRING_BASE_INFLIGHT);
            default -> 0;
        };
    }

    /// Leaves out features that need one which is not in the set.
    ///
    /// @param bits a set
    /// @return what is left of it
    public static long complete(long bits) {
        long left = bits;
        long before;
        do {
            before = left;
            for (ProtocolFeature feature : values()) {
                if (feature.in(left) && (feature.needs() & ~left) != 0) {
                    left &= ~feature.mask();
                }
            }
        } while (left != before);
        return left;
    }

    /// Joins features to a 64-bit set.
    ///
    /// @param features the members
    /// @return the set
    public static long bits(ProtocolFeature... features) {
        long bits = 0;
        for (ProtocolFeature feature : features) {
            bits |= feature.mask();
        }
        return bits;
    }
}
