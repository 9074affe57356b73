package org.vhostdevice.fs.passthrough;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Operations on extended attributes.
record XattrOperations(Host host) {
    private static final long MAX_LIST = 64 << 10;

    private static final ThreadLocal<MemorySegment> LIST =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(MAX_LIST));
    private static final ThreadLocal<MemorySegment> NAME =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(XattrMap.NAME_BYTES));

    void set(Caller caller, long node, MemorySegment name, MemorySegment value, int flags, boolean killSetGid)
            throws FsException {
        checkOffered();
        try (Inode inode = host.nodes().use(node)) {
            FsException.throwIf(host.calls().setXattr(inode.ref(), host(name), value, flags));
            if (killSetGid) {
                host.owners().setMode(inode.ref(), host.mode(caller, inode.ref()) & ~Owners.SET_GID);
            }
        }
    }

    int get(long node, MemorySegment name, MemorySegment into) throws FsException {
        checkOffered();
        try (Inode inode = host.nodes().use(node)) {
            return (int) FsException.check(host.calls().getXattr(inode.ref(), host(name), into));
        }
    }

    int list(long node, MemorySegment into) throws FsException {
        checkOffered();
        try (Inode inode = host.nodes().use(node)) {
            return list(inode, into);
        }
    }

    void remove(long node, MemorySegment name) throws FsException {
        checkOffered();
        try (Inode inode = host.nodes().use(node)) {
            FsException.throwIf(host.calls().removeXattr(inode.ref(), host(name)));
        }
    }

    /// Names are filtered, so the host's list is read even if the guest asks for its length only.
    private int list(Inode inode, MemorySegment into) throws FsException {
        MemorySegment all = LIST.get();
        long bytes = FsException.check(host.calls().listXattr(inode.ref(), all));
        if (host.options().identity().ownership() == Ownership.XATTR) {
            bytes = XattrOwners.without(all, bytes);
        }
        XattrMap map = host.options().xattrMap();
        if (map != null) {
            bytes = map.toGuest(all, bytes);
        }
        if (into.byteSize() == 0) {
            return (int) bytes;
        }
        if (bytes > into.byteSize()) {
            throw FsException.of(Errno.ERANGE);
        }
        MemorySegment.copy(all, 0, into, 0, bytes);
        return (int) bytes;
    }

    /// What an attribute of the guest is called on the host.
    private MemorySegment host(MemorySegment name) throws FsException {
        XattrMap map = host.options().xattrMap();
        MemorySegment hostName = map == null ? name : map.toHost(name, NAME.get());
        if (host.options().identity().ownership() == Ownership.XATTR && XattrOwners.isKept(hostName)) {
            throw FsException.of(Errno.EPERM); // whoever owns a file would say who owns it
        }
        return hostName;
    }

    private void checkOffered() throws FsException {
        if (!host.options().has(PassthroughOptions.Trait.XATTR)) {
            throw FsException.of(Errno.ENOSYS); // the guest does not ask again
        }
    }
}
