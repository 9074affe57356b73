package org.vhostdevice.core.virtqueue;

/// Arithmetic on free-running 16-bit ring indices.
final class RingIndex {
    private RingIndex() {}

    /// How far an index is ahead of another, 0 to 65535.
    static int distance(int from, int to) {
        return (to - from) & 0xffff;
    }

    /// Whether moving an index from `before` to `after` passed the one the other side asked to be told about
    /// (VIRTIO 1.4, 2.7.7.2: `vring_need_event`).
    ///
    /// @param event the index after which a notification is wanted
    static boolean passed(int event, int after, int before) {
        return distance(event + 1, after) < distance(before, after);
    }
}
