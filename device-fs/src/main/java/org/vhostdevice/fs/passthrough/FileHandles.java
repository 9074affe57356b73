package org.vhostdevice.fs.passthrough;

/// Handles by which the host finds a file without its name (`name_to_handle_at(2)`), where it has such.
final class FileHandles {
    /// Notes the handle of a file whose descriptor is there.
    void remember(Inode inode) {}

    /// Opens a file by its handle.
    ///
    /// @return a descriptor that the caller owns; negative if there is no handle or it leads nowhere
    int open(Inode inode) {
        return -1;
    }
}
