package org.vhostdevice.fs.passthrough;

/// Whose files are in the guest.
public enum Ownership {
    /// Those of the host's owners: new files get the owner that made them in the guest, if this process may do that,
    /// and
    /// otherwise its own.
    HOST,
    /// As the attribute `user.containers.override_stat` of a file says, in which owner and mode are kept; on the host
    /// all
    /// files belong to the user of this process.
    XATTR,
    /// Files of the user of this process are root's in the guest, and those of all others nobody's; owners cannot be
    /// changed.
    SQUASH
}
