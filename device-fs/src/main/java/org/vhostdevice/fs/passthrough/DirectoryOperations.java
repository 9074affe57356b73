package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.DirectoryEntries;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.OpenFlags;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.DirectorySink;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Operations that list directories.
record DirectoryOperations(Host host) {
    long open(long node) throws FsException {
        try (Inode inode = host.nodes().useDirectory(node)) {
            OpenDirectory directory = open(inode);
            if (!host.directories().add(directory)) {
                directory.close();
                throw FsException.of(Errno.ENFILE);
            }
            return directory.id();
        }
    }

    private OpenDirectory open(Inode inode) throws FsException {
        host.openFiles().take(Errno.ENFILE);
        try {
            int fd = host.reopen(inode, OpenFlags.READ_ONLY | OpenFlags.DIRECTORY);
            return new OpenDirectory(fd, host.openFiles());
        } catch (FsException e) {
            host.openFiles().give();
            throw e;
        }
    }

    void release(long handle) throws FsException {
        OpenDirectory directory = host.directories().find(handle);
        if (directory == null || !host.directories().remove(directory)) {
            throw FsException.of(Errno.EBADF);
        }
    }

    @SuppressWarnings("checkstyle:ParameterNumber")
    void read(Caller caller, long node, long handle, long offset, boolean plus, DirectorySink sink) throws FsException {
        try (OpenDirectory directory = host.directory(handle);
                Inode inode = host.nodes().useDirectory(node)) {
            directory.read(offset, entry -> {
                if (!sink.hasRoom(entry.nameBytes())) {
                    return false;
                }
                long found = plus && !entry.isDot() ? lookup(caller, inode, entry) : 0;
                long number = found != 0
                        ? caller.stat().inode()
                        : isAboveRoot(inode, entry) ? inode.key().number() : entry.inode();
                sink.add(number, entry.offset(), entry.type(), entry.name(), entry.nameBytes(), found);
                return true;
            });
        }
    }

    /// 0 if the name has gone meanwhile.
    private long lookup(Caller caller, Inode parent, DirectoryEntries entry) throws FsException {
        try {
            return host.found(caller, parent, host.nodes().lookup(parent, entry.name(), caller.stat()));
        } catch (FsException e) {
            return 0;
        }
    }

    /// Whether an entry leads out of what is shared.
    private static boolean isAboveRoot(Inode directory, DirectoryEntries entry) {
        return directory.id() == FileSystem.ROOT && entry.isDot() && entry.nameBytes() == 2;
    }
}
