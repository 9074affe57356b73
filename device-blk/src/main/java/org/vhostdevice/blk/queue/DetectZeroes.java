package org.vhostdevice.blk.queue;

/// What becomes of writes that consist of zeros, in QEMU's words.
public enum DetectZeroes {
    /// They are written like others.
    OFF,
    /// They are zeroed, which keeps their room.
    ON,
    /// They are zeroed, and the host may give up their room.
    UNMAP
}
