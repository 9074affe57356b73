package org.vhostdevice.core.sys;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// Nodes of hosts without `O_PATH`, as macOS: regular files and directories are opened for reading, or on macOS for
/// events, which needs no right to read, and symbolic links there as well. All other files are known by a name in a
/// directory, since opening them does something to them.
@SuppressWarnings("ReachabilityFenceUsage") // calls do not throw
final class FdNodeCalls implements NodeCalls {
    private static final int NOT_SUPPORTED = -Errno.EOPNOTSUPP.number();
    private static final boolean OPENS_SYMLINKS = AbiNumber.O_SYMLINK.isUsable();
    private static final int FLAGS = AbiNumber.O_CLOEXEC.value()
            | AbiNumber.O_NONBLOCK.value()
            | AbiNumber.O_NOCTTY.value()
            | AbiNumber.O_EVTONLY.or(0)
            | AbiNumber.O_SYMLINK.or(AbiNumber.O_NOFOLLOW.value());
    private static final int NOFOLLOW = AbiNumber.AT_SYMLINK_NOFOLLOW.value();

    /// What a call does that has a form for open files and one for names.
    private interface Form {
        int call();
    }

    private static int either(NodeRef node, Form held, Form named) {
        int result = node.isHeld() ? held.call() : named.call();
        Reference.reachabilityFence(node);
        return result;
    }

    private static long name(NodeRef node) {
        return node.name().address();
    }

    @Override
    public boolean canName(int type) {
        return type == FileStat.REGULAR || type == FileStat.DIRECTORY || (type == FileStat.SYMLINK && OPENS_SYMLINKS);
    }

    @Override
    public int open(int directory, MemorySegment name) {
        int node =
                Downcall.toInt(Symbol.OPENAT, directory, Libc.checked(name, 1).address(), FLAGS, 0, 0, 0);
        Reference.reachabilityFence(name);
        return node;
    }

    @Override
    public int nameOf(int fd) {
        return Libc.fcntl(fd, AbiNumber.F_DUPFD_CLOEXEC.value(), 0);
    }

    /// A directory from itself; a file only by its name, which the caller knows.
    @Override
    public int reopen(NodeRef node, int flags) {
        int result = node.isHeld() ? TreeCalls.openSelf(node.at(), flags, 0) : NOT_SUPPORTED;
        return result == -Errno.ENOTDIR.number() ? NOT_SUPPORTED : result;
    }

    @Override
    public int setMode(NodeRef node, int mode) {
        return either(
                node,
                () -> Downcall.toInt(Symbol.FCHMOD, node.at(), mode),
                () -> Downcall.toInt(Symbol.FCHMODAT, node.at(), name(node), mode, NOFOLLOW, 0, 0));
    }

    @Override
    public int setOwner(NodeRef node, int uid, int gid) {
        return either(
                node,
                () -> Downcall.toInt(Symbol.FCHOWN, node.at(), uid, gid),
                () -> Downcall.toInt(Symbol.FCHOWNAT, node.at(), name(node), uid, gid, NOFOLLOW, 0));
    }

    @Override
    public int setTimes(
            NodeRef node, long accessSeconds, int accessNanos, long modificationSeconds, int modificationNanos) {
        MemorySegment times = Timespecs.of(accessSeconds, accessNanos, modificationSeconds, modificationNanos);
        return either(
                node,
                () -> Downcall.toInt(Symbol.FUTIMENS, node.at(), times.address()),
                () -> Downcall.toInt(Symbol.UTIMENSAT, node.at(), name(node), times.address(), NOFOLLOW, 0, 0));
    }

    /// Only by its name, which the caller knows.
    @Override
    public int link(NodeRef node, int directory, MemorySegment name) {
        return NOT_SUPPORTED;
    }

    @Override
    public long readLink(NodeRef node, MemorySegment into) {
        long bytes = into.byteSize();
        if (node.isHeld()) {
            return Downcall.toLong(Symbol.FREADLINK, node.at(), into, bytes, 0, 0);
        }
        long result = Downcall.toLong(Symbol.READLINKAT, node.at(), name(node), into.address(), bytes, 0, 0);
        Reference.reachabilityFence(node);
        Reference.reachabilityFence(into);
        return result;
    }

    @Override
    public int setXattr(NodeRef node, MemorySegment name, MemorySegment value, int flags) {
        return node.isHeld() ? FdXattrs.set(node.at(), name, value, flags) : NOT_SUPPORTED;
    }

    @Override
    public long getXattr(NodeRef node, MemorySegment name, MemorySegment into) {
        return node.isHeld() ? FdXattrs.get(node.at(), name, into) : FdXattrs.NONE;
    }

    @Override
    public long listXattr(NodeRef node, MemorySegment into) {
        return node.isHeld() ? FdXattrs.list(node.at(), into) : 0;
    }

    @Override
    public int removeXattr(NodeRef node, MemorySegment name) {
        return node.isHeld() ? FdXattrs.remove(node.at(), name) : NOT_SUPPORTED;
    }

    @Override
    public int handleOf(NodeRef node, MemorySegment into) {
        return NOT_SUPPORTED;
    }

    @Override
    public int openHandle(int mount, MemorySegment handle) {
        return NOT_SUPPORTED;
    }
}
