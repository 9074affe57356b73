package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Who owns files, and with what mode: on the host, and as the guest sees it. Any thread.
interface Owners {
    /// Begins to make a file for somebody. [#end] follows on every path, by the same thread.
    void begin(Caller caller) throws FsException;

    /// Ends what [#begin] began, even if that failed.
    void end();

    /// {@return the mode that a new file gets on the host}
    ///
    /// @param mode type and permissions that it is to have in the guest
    int hostMode(int mode);

    /// A file was made.
    ///
    /// @param fd names it or has it open
    /// @param mode type and permissions that it is to have in the guest
    void made(Caller caller, int fd, int mode) throws FsException;

    /// Makes attributes of the host those that the guest is to see.
    ///
    /// @param node names the file
    /// @param stat its attributes
    void show(int node, FileStat stat) throws FsException;

    /// Changes permissions.
    ///
    /// @param node names the file
    /// @param mode permissions
    void setMode(int node, int mode) throws FsException;

    /// Changes owner and group.
    ///
    /// @param node names the file
    /// @param uid in the guest; -1 leaves it
    /// @param gid in the guest; -1 leaves it
    void setOwner(int node, int uid, int gid) throws FsException;
}
