package org.vhostdevice.fs.vfs;

/// What SETATTR is to change.
///
/// @param what a sum of the constants here
/// @param handle an open file to use, or [FileSystem#NO_HANDLE]
/// @param mode permissions
/// @param uid owner, in the guest
/// @param gid group, in the guest
/// @param size bytes
/// @param access time of access
/// @param modification time of modification
public record AttributeChange(
        int what, long handle, int mode, int uid, int gid, long size, TimeChange access, TimeChange modification) {
    /// Permissions change.
    public static final int MODE = 1;

    /// The owner changes.
    public static final int UID = 2;

    /// The group changes.
    public static final int GID = 4;

    /// The length changes.
    public static final int SIZE = 8;

    /// Privileges that the file gives to who executes it are taken away (`HANDLE_KILLPRIV_V2`).
    public static final int KILL_PRIVILEGES = 16;

    /// A time to set.
    ///
    /// @param seconds since 1970
    /// @param nanos 0 to 999,999,999, or `NOW` or `OMIT` of [org.vhostdevice.core.sys.NodeCalls]
    public record TimeChange(long seconds, int nanos) {}

    /// {@return whether something changes}
    ///
    /// @param bit a constant of this class
    public boolean has(int bit) {
        return (what & bit) != 0;
    }
}
