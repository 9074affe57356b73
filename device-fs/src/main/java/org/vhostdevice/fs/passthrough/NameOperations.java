package org.vhostdevice.fs.passthrough;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.OpenFlags;
import org.vhostdevice.core.sys.ThreadUmask;
import org.vhostdevice.core.sys.TreeCalls;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Operations that make, change or remove names in directories.
record NameOperations(Host host, FileOperations files) {
    /// Makes something with a name.
    @FunctionalInterface
    private interface Maker {
        /// {@return 0, or a negated error number}
        int make(int directory);
    }

    long lookup(Caller caller, long parent, MemorySegment name) throws FsException {
        try (Inode directory = host.nodes().useDirectory(parent)) {
            return host.found(caller, directory, host.nodes().lookup(directory, name, caller.stat()));
        }
    }

    private long make(Caller caller, long parent, MemorySegment name, int mode, Maker maker) throws FsException {
        try (Inode directory = host.nodes().useDirectory(parent)) {
            int _ = makeAs(caller, directory, maker);
            int type = host.owners().hostMode(mode) & FileStat.TYPE_MASK;
            return made(caller, directory, host.nodes().enter(directory, name, type, caller.stat()), mode);
        }
    }

    /// Lets a call be made on behalf of the caller.
    private int makeAs(Caller caller, Inode directory, Maker maker) throws FsException {
        boolean _ = ThreadUmask.set(caller.umask());
        host.owners().begin(caller);
        try {
            return FsException.check(maker.make(directory.fd()));
        } finally {
            host.owners().end();
        }
    }

    /// Gives a file that was just made and entered its owner, and gives its attributes.
    private long made(Caller caller, Inode directory, long node, int mode) throws FsException {
        if (host.owners().marks()) {
            try (Inode inode = host.nodes().use(node)) {
                host.owners().made(caller, directory.ref(), inode.ref(), mode & ~caller.umask());
                FsException.throwIf(caller.stat().load(inode.ref()));
            } catch (FsException e) {
                host.nodes().forget(node, 1);
                throw e;
            }
        }
        return host.found(caller, directory, node);
    }

    /// The mode that a new file gets on the host, whose mask of this thread does the rest if there can be one.
    private int hostMode(Caller caller, int mode) {
        return host.owners().hostMode(ThreadUmask.possible() ? mode : mode & ~caller.umask());
    }

    long symlink(Caller caller, long parent, MemorySegment name, MemorySegment target) throws FsException {
        int mode = FileStat.SYMLINK | 0777;
        return make(caller, parent, name, mode, directory -> TreeCalls.makeSymlink(target, directory, name));
    }

    long mknod(Caller caller, long parent, MemorySegment name, int mode, int device) throws FsException {
        int made = hostMode(caller, mode);
        return make(caller, parent, name, mode, directory -> TreeCalls.makeNode(directory, name, made, device));
    }

    long mkdir(Caller caller, long parent, MemorySegment name, int mode) throws FsException {
        int all = FileStat.DIRECTORY | (mode & Owners.PERMISSIONS);
        int made = hostMode(caller, all) & Owners.PERMISSIONS;
        return make(caller, parent, name, all, directory -> TreeCalls.makeDirectory(directory, name, made));
    }

    @SuppressWarnings("checkstyle:ParameterNumber")
    long create(Caller caller, long parent, MemorySegment name, int mode, int flags, boolean killPrivileges)
            throws FsException {
        int all = FileStat.REGULAR | (mode & Owners.PERMISSIONS);
        int made = hostMode(caller, all) & Owners.PERMISSIONS;
        int hostFlags = (files.hostFlags(flags) & ~OpenFlags.TRUNCATE) | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;
        try (Inode directory = host.nodes().useDirectory(parent)) {
            host.nodes().makeRoom();
            OpenFile file;
            try {
                file = host.open(() -> makeAs(caller, directory, at -> TreeCalls.open(at, name, hostFlags, made)));
            } catch (FsException e) {
                if (e != FsException.of(Errno.EEXIST) || OpenFlags.isExclusive(flags)) {
                    throw e;
                }
                return openExisting(caller, directory, name, flags, killPrivileges);
            }
            return opened(caller, directory, file, new Inode.Place(parent, name), all);
        }
    }

    /// Opens a file that somebody else has made meanwhile.
    private long openExisting(Caller caller, Inode directory, MemorySegment name, int flags, boolean killPrivileges)
            throws FsException {
        long node = host.nodes().lookup(directory, name, caller.stat());
        long handle = FileSystem.NO_HANDLE;
        try (Inode inode = host.nodes().use(node)) {
            handle = files.open(caller, node, flags, killPrivileges);
            host.show(caller, inode);
            caller.opened(handle);
            return node;
        } catch (FsException e) {
            if (handle != FileSystem.NO_HANDLE) {
                files.release(handle);
            }
            host.nodes().forget(node, 1);
            throw e;
        }
    }

    /// Enters a file that was just made and opened.
    private long opened(Caller caller, Inode directory, OpenFile file, Inode.@Nullable Place place, int mode)
            throws FsException {
        long node;
        try {
            int name = FsException.check(host.calls().nameOf(file.fd()));
            node = made(caller, directory, host.nodes().enter(name, caller.stat(), place), mode);
        } catch (FsException e) {
            file.close();
            throw e;
        }
        try {
            caller.opened(files.add(file));
            return node;
        } catch (FsException e) {
            host.nodes().forget(node, 1);
            throw e;
        }
    }

    long tmpfile(Caller caller, long parent, int mode, int flags) throws FsException {
        if (OpenFlags.TEMPORARY == 0) {
            throw FsException.of(Errno.EOPNOTSUPP);
        }
        int all = FileStat.REGULAR | (mode & Owners.PERMISSIONS);
        int made = hostMode(caller, all) & Owners.PERMISSIONS;
        int exclusive = OpenFlags.isExclusive(flags) ? OpenFlags.EXCLUSIVE : 0; // it may never get a name
        int hostFlags = (files.hostFlags(flags) & ~OpenFlags.TRUNCATE) | OpenFlags.TEMPORARY | exclusive;
        try (Inode directory = host.nodes().useDirectory(parent)) {
            host.nodes().makeRoom();
            OpenFile file = host.open(() -> makeAs(caller, directory, at -> TreeCalls.openSelf(at, hostFlags, made)));
            return opened(caller, directory, file, null, all);
        }
    }

    void remove(long parent, MemorySegment name, int flags) throws FsException {
        try (Inode directory = host.nodes().useDirectory(parent)) {
            FsException.throwIf(TreeCalls.unlink(directory.fd(), name, flags));
        }
    }

    @SuppressWarnings("checkstyle:ParameterNumber")
    void rename(Caller caller, long parent, MemorySegment name, long newParent, MemorySegment newName, int flags)
            throws FsException {
        try (Inode from = host.nodes().useDirectory(parent);
                Inode to = host.nodes().useDirectory(newParent)) {
            Inode moved = known(caller, from, name);
            Inode other = (flags & TreeCalls.RENAME_EXCHANGE) != 0 ? known(caller, to, newName) : null;
            FsException.throwIf(TreeCalls.rename(from.fd(), name, to.fd(), newName, flags));
            if (moved != null) {
                moved.seenAt(to, new Inode.Place(newParent, newName));
            }
            if (other != null) {
                other.seenAt(from, new Inode.Place(parent, name));
            }
        }
    }

    /// What the guest knows by a name that is about to change.
    private @Nullable Inode known(Caller caller, Inode directory, MemorySegment name) {
        return caller.stat().load(directory.fd(), name) == 0 ? host.nodes().peek(caller.stat()) : null;
    }

    long link(Caller caller, long node, long newParent, MemorySegment newName) throws FsException {
        try (Inode inode = host.nodes().use(node);
                Inode directory = host.nodes().useDirectory(newParent)) {
            int result = host.calls().link(inode.ref(), directory.fd(), newName);
            if (result < 0 && Errno.of(-result) == Errno.EOPNOTSUPP) {
                result = host.nodes().linkByName(inode, directory, newName);
            }
            FsException.throwIf(result);
            if (!inode.addLookup()) {
                throw FsException.of(Errno.ENOENT);
            }
            inode.seenAgain(directory, newName);
            host.show(caller, inode);
            return node;
        }
    }
}
