package org.vhostdevice.fs.passthrough;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Operations on extended attributes.
record XattrOperations(Host host) {
    private static final int SET_GID = 02000;

    void set(Caller caller, long node, MemorySegment name, MemorySegment value, int flags, boolean killSetGid)
            throws FsException {
        checkOffered();
        try (Inode inode = host.nodes().use(node)) {
            FsException.check(host.calls().setXattr(inode.fd(), name, value, flags));
            if (killSetGid) {
                FileStat stat = caller.stat();
                FsException.check(stat.load(inode.fd()));
                host.owners().setMode(inode.fd(), stat.mode() & ~FileStat.TYPE_MASK & ~SET_GID);
            }
        }
    }

    int get(long node, MemorySegment name, MemorySegment into) throws FsException {
        checkOffered();
        try (Inode inode = host.nodes().use(node)) {
            return (int) FsException.check(host.calls().getXattr(inode.fd(), name, into));
        }
    }

    int list(long node, MemorySegment into) throws FsException {
        checkOffered();
        try (Inode inode = host.nodes().use(node)) {
            return (int) FsException.check(host.calls().listXattr(inode.fd(), into));
        }
    }

    void remove(long node, MemorySegment name) throws FsException {
        checkOffered();
        try (Inode inode = host.nodes().use(node)) {
            FsException.check(host.calls().removeXattr(inode.fd(), name));
        }
    }

    private void checkOffered() throws FsException {
        if (!host.options().xattr()) {
            throw FsException.of(Errno.ENOSYS); // the guest does not ask again
        }
    }
}
