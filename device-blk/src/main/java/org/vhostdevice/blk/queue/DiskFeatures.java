package org.vhostdevice.blk.queue;

import org.jspecify.annotations.Nullable;

/// What the driver's features mean for its requests.
///
/// @param discard whether it may discard
/// @param writeZeroes whether it may have zeroes written
/// @param cacheControl whether writes may be lost until they are flushed, which the driver may change; null if it
/// cannot
/// @param writeThrough whether each write must be durable when it completes, if the driver cannot change that
///     (VIRTIO 1.4, 5.2.6.2)
record DiskFeatures(
        boolean discard, boolean writeZeroes, @Nullable WriteCache cacheControl, boolean writeThrough) {
    /// Whether each write must be durable when it completes, now.
    boolean writesThrough() {
        return cacheControl == null ? writeThrough : !cacheControl.writeback();
    }
}
