package org.vhostdevice.core.virtqueue;

/// Where a ring lies and how it is used, as the front end and the driver agreed.
///
/// @param size descriptors in the ring, 1 to 32768; for a split ring a power of two
/// @param features negotiated with the driver; RING_PACKED and IN_ORDER say what kind of ring it is
/// @param descriptors guest address of the descriptor table or ring
/// @param driver guest address of the driver area (available ring, driver event suppression)
/// @param device guest address of the device area (used ring, device event suppression)
public record RingSetup(int size, FeatureSet features, long descriptors, long driver, long device) {
    /// The largest ring of any kind (VIRTIO 1.4, 2.7, 2.8).
    public static final int MAX_SIZE = 32_768;

    /// Checks the size.
    ///
    /// @throws IllegalArgumentException if the ring may not have it
    public RingSetup {
        if (!isValidSize(size, features)) {
            throw new IllegalArgumentException("ring size " + size);
        }
    }

    /// {@return the bytes of a ring's device area, which the device writes}
    ///
    /// @param size descriptors in the ring
    /// @param features negotiated with the driver
    public static long deviceBytes(int size, FeatureSet features) {
        if (features.has(VirtioFeature.RING_PACKED)) {
            return PackedRingLayout.EVENT_BYTES;
        }
        int event = features.has(VirtioFeature.EVENT_IDX) ? SplitRingLayout.EVENT_BYTES : 0;
        return SplitRingLayout.availEvent(size) + event;
    }

    /// {@return where a ring begins that nobody has used, as [Virtqueue#base] says} In a packed ring both wrap
    /// counters are 1 (VIRTIO 1.4, 2.8.1).
    ///
    /// @param features negotiated with the driver
    public static int firstBase(FeatureSet features) {
        return features.has(VirtioFeature.RING_PACKED) ? 0x8000_8000 : 0;
    }

    /// {@return whether a ring may have this many descriptors}
    ///
    /// @param size any number, as a front end sent it
    /// @param features a packed ring's size need not be a power of two
    public static boolean isValidSize(long size, FeatureSet features) {
        return size >= 1 && size <= MAX_SIZE && (features.has(VirtioFeature.RING_PACKED) || Long.bitCount(size) == 1);
    }
}
