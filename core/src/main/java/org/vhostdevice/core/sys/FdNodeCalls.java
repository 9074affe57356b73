package org.vhostdevice.core.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// Nodes of hosts without `O_PATH`, or without a way back from it: files opened for reading, which do all by
/// themselves. There is none for a socket, and, but on macOS, none for a symbolic link or a file that may not be read.
final class FdNodeCalls implements NodeCalls {
    private static final int FLAGS = AbiNumber.O_CLOEXEC.value()
            | AbiNumber.O_NONBLOCK.value()
            | AbiNumber.O_NOCTTY.value()
            | AbiNumber.O_EVTONLY.or(0)
            | AbiNumber.O_SYMLINK.or(AbiNumber.O_NOFOLLOW.value());

    private static final MemorySegment NO_NAME = Arena.global().allocate(1);

    @Override
    public int open(int directory, MemorySegment name) {
        int node = Downcall.openAt(directory, Libc.checked(name, 1).address(), FLAGS, 0);
        Reference.reachabilityFence(name);
        return node;
    }

    @Override
    public int nameOf(int fd) {
        return Libc.fcntl(fd, AbiNumber.F_DUPFD_CLOEXEC.value(), 0);
    }

    @Override
    public int reopen(int node, int flags) {
        return -Errno.EOPNOTSUPP.number();
    }

    @Override
    public int setMode(int node, int mode) {
        return Downcall.toInt(Symbol.FCHMOD, node, mode);
    }

    @Override
    public int setOwner(int node, int uid, int gid) {
        return Downcall.toInt(Symbol.FCHOWN, node, uid, gid);
    }

    @Override
    public int setTimes(
            int node, long accessSeconds, int accessNanos, long modificationSeconds, int modificationNanos) {
        MemorySegment times = Timespecs.of(accessSeconds, accessNanos, modificationSeconds, modificationNanos);
        return Downcall.toInt(Symbol.FUTIMENS, node, times.address());
    }

    @Override
    public int link(int node, int directory, MemorySegment name) {
        return -Errno.EOPNOTSUPP.number();
    }

    @Override
    public long readLink(int node, MemorySegment into) {
        return Downcall.toLong(Symbol.READLINKAT, node, NO_NAME.address(), into.address(), into.byteSize(), 0, 0);
    }

    @Override
    public int setXattr(int node, MemorySegment name, MemorySegment value, int flags) {
        return -Errno.EOPNOTSUPP.number();
    }

    @Override
    public long getXattr(int node, MemorySegment name, MemorySegment into) {
        return -Errno.EOPNOTSUPP.number();
    }

    @Override
    public long listXattr(int node, MemorySegment into) {
        return -Errno.EOPNOTSUPP.number();
    }

    @Override
    public int removeXattr(int node, MemorySegment name) {
        return -Errno.EOPNOTSUPP.number();
    }

    @Override
    public int handleOf(int node, MemorySegment into) {
        return -Errno.EOPNOTSUPP.number();
    }

    @Override
    public int openHandle(int mount, MemorySegment handle) {
        return -Errno.EOPNOTSUPP.number();
    }
}
