package org.vhostdevice.core.protocol;

/// The shapes a vhost-user payload can have, with the least and the most bytes each may take on the wire.
///
/// Where the two differ, front ends are known to send both: trailing bytes inside the range are ignored.
public enum PayloadKind {
    /// No payload.
    EMPTY(0, 0),
    /// One unsigned 64-bit number.
    U64(8, 8),
    /// Ring index and a 32-bit value.
    VRING_STATE(8, 8),
    /// Ring index, flags and the addresses of the three ring parts and of the log.
    VRING_ADDRESS(40, 40),
    /// Ring index and whether a descriptor comes along, packed in a 64-bit number.
    VRING_FILE(8, 8),
    /// A number of regions, then the regions; longer entries (XEN_MMAP) and room for unused ones may follow.
    MEMORY_TABLE(8, 8 + 8 * 40),
    /// Eight bytes of padding and one region.
    MEMORY_REGION(40, 48),
    /// Offset, size, flags and `size` bytes of the configuration space.
    CONFIG(12, 12 + 256),
    /// Size and offset of the dirty log.
    LOG(16, 16),
    /// An address translation; C front ends pad it to 32 bytes.
    IOTLB(26, 32),
    /// Size and offset of the inflight area, number and size of queues; C front ends pad it to 24 bytes.
    INFLIGHT(20, 24),
    /// Direction and phase of a device state transfer.
    DEVICE_STATE(8, 8),
    /// The 16 bytes of a UUID.
    SHARED_OBJECT(16, 16),
    /// Number of shared memory regions and the sizes of all 256 possible ones.
    SHMEM_CONFIG(8 + 256 * 8, 8 + 256 * 8),
    /// A range of a shared memory region and of the file behind it.
    SHMEM_MAPPING(40, 40),
    /// Ring index with flags, size and offset of a doorbell page.
    VRING_AREA(24, 24),
    /// Bytes that the transport does not interpret (a crypto session description).
    OPAQUE(0, MessageHeader.MAX_PAYLOAD),
    /// The payload of an unknown message, which is dropped.
    UNKNOWN(0, MessageHeader.MAX_PAYLOAD);

    private final int minBytes;
    private final int maxBytes;

    PayloadKind(int minBytes, int maxBytes) {
        this.minBytes = minBytes;
        this.maxBytes = maxBytes;
    }

    /// {@return the least payload size in bytes that is accepted}
    public int minBytes() {
        return minBytes;
    }

    /// {@return the greatest payload size in bytes that is accepted}
    public int maxBytes() {
        return maxBytes;
    }
}
