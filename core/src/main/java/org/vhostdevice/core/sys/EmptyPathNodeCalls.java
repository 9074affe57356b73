package org.vhostdevice.core.sys;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// Nodes of FreeBSD: descriptors with `O_PATH`, which calls take with an empty name. What needs an open file opens it.
@SuppressWarnings("ReachabilityFenceUsage") // calls do not throw
final class EmptyPathNodeCalls implements NodeCalls {
    private static final int PATH = AbiNumber.O_PATH.or(0) | AbiNumber.O_NOFOLLOW.value() | AbiNumber.O_CLOEXEC.value();
    private static final int EMPTY_PATH = AbiNumber.AT_EMPTY_PATH.or(0);
    private static final int REOPEN = AbiNumber.O_EMPTY_PATH.or(0) | AbiNumber.O_CLOEXEC.value();
    private static final int NONBLOCK = AbiNumber.O_NONBLOCK.value();

    /// Something that needs the file opened for reading.
    private interface Use {
        long of(int fd);
    }

    private long opened(NodeRef node, Use use) {
        int fd = reopen(node, NONBLOCK);
        if (fd < 0) {
            return fd;
        }
        long result = use.of(fd);
        FileCalls.close(fd);
        return result;
    }

    private static long name(NodeRef node) {
        return node.name().address();
    }

    @Override
    public int open(int directory, MemorySegment name) {
        int node =
                Downcall.toInt(Symbol.OPENAT, directory, Libc.checked(name, 1).address(), PATH, 0, 0, 0);
        Reference.reachabilityFence(name);
        return node;
    }

    @Override
    public int nameOf(int fd) {
        return reopen(NodeRef.of(fd), PATH);
    }

    @Override
    public int reopen(NodeRef node, int flags) {
        return Downcall.toInt(Symbol.OPENAT, node.at(), name(node), flags | REOPEN, 0, 0, 0);
    }

    @Override
    public int setMode(NodeRef node, int mode) {
        return Downcall.toInt(Symbol.FCHMODAT, node.at(), name(node), mode, EMPTY_PATH, 0, 0);
    }

    @Override
    public int setOwner(NodeRef node, int uid, int gid) {
        return Downcall.toInt(Symbol.FCHOWNAT, node.at(), name(node), uid, gid, EMPTY_PATH, 0);
    }

    @Override
    public int setTimes(
            NodeRef node, long accessSeconds, int accessNanos, long modificationSeconds, int modificationNanos) {
        MemorySegment times = Timespecs.of(accessSeconds, accessNanos, modificationSeconds, modificationNanos);
        return Downcall.toInt(Symbol.UTIMENSAT, node.at(), name(node), times.address(), EMPTY_PATH, 0, 0);
    }

    @Override
    public int link(NodeRef node, int directory, MemorySegment name) {
        return TreeCalls.link(node.at(), name(node), directory, name, EMPTY_PATH);
    }

    @Override
    public long readLink(NodeRef node, MemorySegment into) {
        long result = Downcall.toLong(Symbol.READLINKAT, node.at(), name(node), into.address(), into.byteSize(), 0, 0);
        Reference.reachabilityFence(into);
        return result;
    }

    @Override
    public int setXattr(NodeRef node, MemorySegment name, MemorySegment value, int flags) {
        return (int) opened(node, fd -> FdXattrs.set(fd, name, value, flags));
    }

    @Override
    public long getXattr(NodeRef node, MemorySegment name, MemorySegment into) {
        return opened(node, fd -> FdXattrs.get(fd, name, into));
    }

    @Override
    public long listXattr(NodeRef node, MemorySegment into) {
        return opened(node, fd -> FdXattrs.list(fd, into));
    }

    @Override
    public int removeXattr(NodeRef node, MemorySegment name) {
        return (int) opened(node, fd -> FdXattrs.remove(fd, name));
    }

    @Override
    public int handleOf(NodeRef node, MemorySegment into) {
        return -Errno.EOPNOTSUPP.number();
    }

    @Override
    public int openHandle(int mount, MemorySegment handle) {
        return -Errno.EOPNOTSUPP.number();
    }
}
