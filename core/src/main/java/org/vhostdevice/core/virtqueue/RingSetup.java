package org.vhostdevice.core.virtqueue;

/// Where a ring lies and how it is used, as the front end and the driver agreed.
///
/// @param size descriptors in the ring: for a split ring a power of two, 1 to 32768
/// @param features negotiated with the driver
/// @param descriptors guest address of the descriptor table
/// @param driver guest address of the driver area (available ring)
/// @param device guest address of the device area (used ring)
public record RingSetup(int size, FeatureSet features, long descriptors, long driver, long device) {
    /// The largest ring of any kind (VIRTIO 1.4, 2.7).
    public static final int MAX_SIZE = 32_768;

    /// Checks the size.
    ///
    /// @throws IllegalArgumentException if it is not a power of two from 1 to 32768
    public RingSetup {
        if (!isValidSize(size)) {
            throw new IllegalArgumentException("ring size " + size + " is not a power of two from 1 to " + MAX_SIZE);
        }
    }

    /// {@return whether a split ring may have this many descriptors}
    ///
    /// @param size any number, as a front end sent it
    public static boolean isValidSize(long size) {
        return size >= 1 && size <= MAX_SIZE && Long.bitCount(size) == 1;
    }
}
