package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.NodeRef;
import org.vhostdevice.core.sys.OpenFlags;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Trait;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// What the operations of one shared directory have in common.
///
/// @param options how it is shared
/// @param calls of this host
/// @param nodes the files that the guest knows
/// @param handles by which files are found again
/// @param openFiles how many files the guest may have open
/// @param owners of files
/// @param files that the guest has open
/// @param directories that the guest has open
record Host(
        PassthroughOptions options,
        NodeCalls calls,
        NodeTable nodes,
        FileHandles handles,
        FdBudget openFiles,
        Owners owners,
        SlotTable<OpenFile> files,
        SlotTable<OpenDirectory> directories) {
    private static final NodeRef NOWHERE = NodeRef.of(Inode.NONE);

    /// Begins to use an open file.
    ///
    /// @throws FsException `EBADF` if there is none
    OpenFile file(long handle) throws FsException {
        OpenFile file = files.use(handle);
        if (file == null) {
            throw FsException.of(Errno.EBADF);
        }
        return file;
    }

    /// Begins to use an open directory.
    ///
    /// @throws FsException `EBADF` if there is none
    OpenDirectory directory(long handle) throws FsException {
        OpenDirectory directory = directories.use(handle);
        if (directory == null) {
            throw FsException.of(Errno.EBADF);
        }
        return directory;
    }

    /// Something that opens a file.
    @FunctionalInterface
    interface Opener {
        /// {@return a descriptor}
        int open() throws FsException;
    }

    /// Opens a file for the guest, unless it has too many.
    ///
    /// @return the file, with one of the budget taken
    OpenFile open(Opener opener) throws FsException {
        openFiles.take(Errno.ENFILE);
        try {
            return new OpenFile(opener.open(), openFiles);
        } catch (FsException e) {
            openFiles.give();
            throw e;
        }
    }

    /// Opens the file of a node, with another node's descriptor given back if there are too many.
    ///
    /// @return a descriptor that the caller owns
    int reopen(Inode inode, int flags) throws FsException {
        if (!inode.isRegular() && !inode.isDirectory()) {
            throw FsException.of(Errno.ENXIO); // opening a device or FIFO does something to it
        }
        int fd = calls.reopen(inode.ref(), flags | OpenFlags.NONBLOCK);
        if (fd < 0 && Errno.of(-fd) == Errno.EMFILE && nodes.spare()) {
            fd = calls.reopen(inode.ref(), flags | OpenFlags.NONBLOCK);
        }
        if (fd < 0 && Errno.of(-fd) == Errno.EOPNOTSUPP) {
            return nodes.openByName(inode, flags | OpenFlags.NONBLOCK);
        }
        return FsException.check(fd);
    }

    /// Gives the attributes of a file.
    void show(Caller caller, Inode inode) throws FsException {
        load(caller, inode);
        owners.show(inode.ref(), caller.stat());
    }

    /// Makes sure that a file that is known by its name still has it.
    ///
    /// @throws FsException `ESTALE` if not: the guest looks it up anew then
    void requireName(Caller caller, Inode inode) throws FsException {
        if (!inode.ref().isHeld()) {
            load(caller, inode);
        }
    }

    private static void load(Caller caller, Inode inode) throws FsException {
        NodeRef node = inode.ref();
        int result = caller.stat().load(node);
        boolean gone = result == -Errno.ENOENT.number() && !node.isHeld();
        if (gone || (result == 0 && !Inode.Key.of(caller.stat()).equals(inode.key()))) {
            throw FsException.of(Errno.ESTALE);
        }
        FsException.throwIf(result);
    }

    /// Takes away what a file gives to who executes it, as the host does for those without privileges.
    ///
    /// @param node the file
    void killPrivileges(Caller caller, NodeRef node) throws FsException {
        int mode = mode(caller, node);
        int kept = Owners.withoutPrivileges(mode);
        if (kept != mode) {
            owners.setMode(node, kept);
        }
    }

    /// The mode of a file as the guest sees it, without the type.
    int mode(Caller caller, NodeRef node) throws FsException {
        FileStat stat = caller.stat();
        FsException.throwIf(stat.load(node));
        owners.show(node, stat);
        return stat.mode() & Owners.PERMISSIONS;
    }

    /// Adds what [FileStat] does not say to the attributes of a file that was looked up.
    ///
    /// @param parent the directory that it is in
    /// @param node its number
    /// @return its number
    long found(Caller caller, Inode parent, long node) throws FsException {
        FileStat stat = caller.stat();
        caller.submount(options.has(Trait.SUBMOUNTS)
                && stat.type() == FileStat.DIRECTORY
                && (stat.mount() != parent.key().mount()
                        || stat.device() != parent.key().device()));
        if (!owners.needFile()) {
            owners.show(NOWHERE, stat);
            return node;
        }
        try (Inode inode = nodes.use(node)) {
            owners.show(inode.ref(), stat);
            return node;
        } catch (FsException e) {
            nodes.forget(node, 1);
            throw e;
        }
    }
}
