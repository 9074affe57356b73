package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.NodeRef;
import org.vhostdevice.core.sys.ThreadUmask;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Who owns files, and with what mode: on the host, and as the guest sees it. Any thread.
sealed interface Owners permits HostOwners, XattrOwners, SquashOwners {
    /// The bit by which a directory hands its group down.
    int SET_GID = 02000;

    /// All bits of a mode but the type.
    int PERMISSIONS = 07777;

    /// What is left of a mode after it has taken away the privileges that a file gives to who executes it: those of its
    /// owner, and of its group if that may execute it.
    static int withoutPrivileges(int mode) {
        return mode & ((mode & 010) != 0 ? ~06000 : ~04000);
    }

    /// The owners that options speak of.
    static Owners of(PassthroughOptions.Identity identity, NodeCalls calls) {
        return switch (identity.ownership()) {
            case HOST -> HostOwners.of(identity, calls);
            case XATTR -> new XattrOwners(identity, calls);
            case SQUASH -> SquashOwners.of(calls);
        };
    }

    /// Begins to make a file for somebody. [#end] follows, by the same thread, unless this fails.
    default void begin(Caller caller) throws FsException {}

    /// Ends what [#begin] began.
    default void end() {}

    /// {@return the mode that a new file gets on the host}
    ///
    /// @param mode type and permissions that it is to have in the guest
    default int hostMode(int mode) {
        return mode;
    }

    /// {@return whether [#made] has to be called}
    default boolean marks() {
        return !ThreadUmask.possible();
    }

    /// A file was made. Here it gets its mode, of which the mask of the process may have taken some away; a directory
    /// hands its group down, which not every host does.
    ///
    /// @param parent the directory that it is in
    /// @param node the file
    /// @param mode type and permissions that it is to have in the guest
    default void made(Caller caller, NodeRef parent, NodeRef node, int mode) throws FsException {
        int type = mode & FileStat.TYPE_MASK;
        if (type == FileStat.SYMLINK) {
            return;
        }
        FileStat stat = caller.stat();
        FsException.throwIf(stat.load(parent));
        int wanted = (mode & PERMISSIONS) | (type == FileStat.DIRECTORY ? stat.mode() & SET_GID : 0);
        FsException.throwIf(stat.load(node));
        if ((stat.mode() & PERMISSIONS) != wanted) {
            setMode(node, wanted);
        }
    }

    /// {@return whether [#show] needs the file}
    default boolean needFile() {
        return false;
    }

    /// Makes attributes of the host those that the guest is to see.
    ///
    /// @param node the file, if that is needed
    /// @param stat its attributes
    void show(NodeRef node, FileStat stat) throws FsException;

    /// Changes permissions.
    ///
    /// @param node the file
    /// @param mode permissions
    void setMode(NodeRef node, int mode) throws FsException;

    /// Changes owner and group.
    ///
    /// @param node the file
    /// @param uid in the guest; -1 leaves it
    /// @param gid in the guest; -1 leaves it
    void setOwner(NodeRef node, int uid, int gid) throws FsException;
}
