package org.vhostdevice.fs.fuse;

/// What guest and server have agreed on by INIT.
///
/// @param begun whether there was an INIT
/// @param bigEndian whether the guest's numbers are big-endian
/// @param minor version of the protocol, 7.`minor`
/// @param flags both have, see [InitFlag]
record Session(boolean begun, boolean bigEndian, int minor, long flags) {
    /// Before the first INIT.
    static final Session NONE = new Session(false, false, 0, 0);

    /// {@return whether something was agreed on}
    boolean has(InitFlag flag) {
        return (flags & flag.mask()) != 0;
    }
}
