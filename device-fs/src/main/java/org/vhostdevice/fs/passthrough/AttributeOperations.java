package org.vhostdevice.fs.passthrough;

import static org.vhostdevice.fs.vfs.AttributeChange.GID;
import static org.vhostdevice.fs.vfs.AttributeChange.KILL_PRIVILEGES;
import static org.vhostdevice.fs.vfs.AttributeChange.MODE;
import static org.vhostdevice.fs.vfs.AttributeChange.SIZE;
import static org.vhostdevice.fs.vfs.AttributeChange.UID;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.OpenFlags;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.AttributeChange.TimeChange;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Operations on attributes of files.
record AttributeOperations(Host host) {
    private static final int OTHER_BITS = 7;
    private static final int GROUP_SHIFT = 3;
    private static final int USER_SHIFT = 6;
    private static final int ANY_EXECUTES = 0111;
    private static final int EXECUTE = 1;

    // ioctl(2) on attributes of files: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR
    private static final int GET_FLAGS = 0x80086601;
    private static final int SET_FLAGS = 0x40086602;
    private static final int GET_EXTENDED_FLAGS = 0x801c581f;
    private static final int SET_EXTENDED_FLAGS = 0x401c5820;
    private static final int FLAGS_BYTES = 4;
    private static final int EXTENDED_FLAGS_BYTES = 28;

    void get(Caller caller, long node) throws FsException {
        try (Inode inode = host.nodes().use(node)) {
            host.show(caller, inode);
        }
    }

    void set(Caller caller, long node, AttributeChange change) throws FsException {
        try (Inode inode = host.nodes().use(node)) {
            host.requireName(caller, inode);
            if (change.has(MODE)) {
                host.owners().setMode(inode.ref(), change.mode() & Owners.PERMISSIONS);
            }
            if (change.has(UID) || change.has(GID)) {
                int uid = change.has(UID) ? change.uid() : -1;
                int gid = change.has(GID) ? change.gid() : -1;
                host.owners().setOwner(inode.ref(), uid, gid);
            }
            if (change.has(SIZE)) {
                setSize(caller, inode, change);
            }
            TimeChange access = change.access();
            TimeChange modification = change.modification();
            if (access.nanos() != NodeCalls.OMIT || modification.nanos() != NodeCalls.OMIT) {
                FsException.throwIf(host.calls()
                        .setTimes(
                                inode.ref(),
                                access.seconds(),
                                access.nanos(),
                                modification.seconds(),
                                modification.nanos()));
            }
            host.show(caller, inode);
        }
    }

    private void setSize(Caller caller, Inode inode, AttributeChange change) throws FsException {
        OpenFile file = host.files().use(change.handle());
        if (file != null) {
            try (file) {
                FsException.throwIf(FileCalls.truncate(file.fd(), change.size()));
            }
        } else {
            int fd = host.reopen(inode, OpenFlags.WRITE_ONLY);
            int result = FileCalls.truncate(fd, change.size());
            FileCalls.close(fd);
            FsException.throwIf(result);
        }
        if (change.has(KILL_PRIVILEGES)) {
            host.killPrivileges(caller, inode.ref());
        }
    }

    void access(Caller caller, long node, int mask) throws FsException {
        try (Inode inode = host.nodes().use(node)) {
            host.show(caller, inode);
        }
        FileStat stat = caller.stat();
        int granted;
        if (caller.uid() == 0) {
            boolean mayExecute = stat.type() == FileStat.DIRECTORY || (stat.mode() & ANY_EXECUTES) != 0;
            granted = mayExecute ? OTHER_BITS : OTHER_BITS & ~EXECUTE;
        } else if (caller.uid() == stat.uid()) {
            granted = stat.mode() >> USER_SHIFT;
        } else {
            granted = caller.gid() == stat.gid() ? stat.mode() >> GROUP_SHIFT : stat.mode();
        }
        if ((mask & OTHER_BITS & ~granted) != 0) {
            throw FsException.of(Errno.EACCES);
        }
    }

    int control(long node, int command, MemorySegment in, MemorySegment out) throws FsException {
        int bytes = switch (command) {
            case GET_FLAGS, SET_FLAGS -> FLAGS_BYTES;
            case GET_EXTENDED_FLAGS, SET_EXTENDED_FLAGS -> EXTENDED_FLAGS_BYTES;
            default -> throw FsException.of(Errno.ENOTTY);
        };
        boolean sets = command == SET_FLAGS || command == SET_EXTENDED_FLAGS;
        MemorySegment buffer = sets ? in : out;
        if (buffer.byteSize() < bytes) {
            throw FsException.of(Errno.EINVAL);
        }
        try (Inode inode = host.nodes().use(node)) {
            int fd = host.reopen(inode, OpenFlags.READ_ONLY);
            int result = FileCalls.control(fd, command, buffer);
            FileCalls.close(fd);
            FsException.throwIf(result);
        }
        return sets ? 0 : bytes;
    }
}
