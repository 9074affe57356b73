package org.vhostdevice.blk.queue;

/// What becomes of a write when the host has no room left, in QEMU's words.
public enum OnEnospc {
    /// It fails, and the guest is told.
    REPORT,
    /// It waits until there is room.
    STOP
}
