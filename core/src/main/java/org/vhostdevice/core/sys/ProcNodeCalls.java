package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;

/// Nodes of Linux: descriptors with `O_PATH`. What such a descriptor cannot do is done by its name in `/proc/self/fd`,
/// which leads to the file itself.
@SuppressWarnings("ReachabilityFenceUsage") // calls do not throw
final class ProcNodeCalls implements NodeCalls {
    private static final int PATH = AbiNumber.O_PATH.or(0) | AbiNumber.O_NOFOLLOW.value() | AbiNumber.O_CLOEXEC.value();
    private static final int AT_FDCWD = AbiNumber.AT_FDCWD.value();
    private static final int EMPTY_PATH = AbiNumber.AT_EMPTY_PATH.or(0);
    private static final int FOLLOW = AbiNumber.AT_SYMLINK_FOLLOW.value();
    private static final MemorySegment NO_NAME = Arena.global().allocate(1);
    private static final int MAX_DIGITS = 11;

    // struct file_handle: handle_bytes, handle_type, and up to MAX_HANDLE_SZ bytes less what comes last here
    private static final int HANDLE_HEADER = 8;
    private static final int MAX_HANDLE = HANDLE_BYTES - HANDLE_HEADER - Integer.BYTES;

    private final byte[] prefix;
    private final ThreadLocal<MemorySegment> path;

    /// @param prefix of the names of this process's descriptors
    ProcNodeCalls(String prefix) {
        this.prefix = prefix.getBytes(StandardCharsets.US_ASCII);
        this.path = ThreadLocal.withInitial(() -> {
            MemorySegment bytes = Arena.ofAuto().allocate(this.prefix.length + (long) MAX_DIGITS);
            MemorySegment.copy(this.prefix, 0, bytes, JAVA_BYTE, 0, this.prefix.length);
            return bytes;
        });
    }

    /// The name of a descriptor, until this thread asks for the next.
    private long pathOf(int node) {
        MemorySegment bytes = path.get();
        int digits = 1;
        for (int rest = node / 10; rest > 0; rest /= 10) {
            digits++;
        }
        int rest = node;
        for (int i = prefix.length + digits - 1; i >= prefix.length; i--) {
            bytes.set(JAVA_BYTE, i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        bytes.set(JAVA_BYTE, prefix.length + (long) digits, (byte) 0);
        return bytes.address();
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
        return Downcall.toInt(Symbol.OPENAT, AT_FDCWD, pathOf(fd), PATH & ~AbiNumber.O_NOFOLLOW.value(), 0, 0, 0);
    }

    @Override
    public int reopen(NodeRef node, int flags) {
        int result;
        do {
            result = Downcall.toInt(
                    Symbol.OPENAT, AT_FDCWD, pathOf(node.at()), flags | OpenFlags.CLOSE_ON_EXEC, 0, 0, 0);
        } while (result == Libc.EINTR);
        return result;
    }

    @Override
    public int setMode(NodeRef node, int mode) {
        return Downcall.toInt(Symbol.FCHMODAT, AT_FDCWD, pathOf(node.at()), mode, 0, 0, 0);
    }

    @Override
    public int setOwner(NodeRef node, int uid, int gid) {
        return Downcall.toInt(Symbol.FCHOWNAT, node.at(), NO_NAME.address(), uid, gid, EMPTY_PATH, 0);
    }

    @Override
    public int setTimes(
            NodeRef node, long accessSeconds, int accessNanos, long modificationSeconds, int modificationNanos) {
        MemorySegment times = Timespecs.of(accessSeconds, accessNanos, modificationSeconds, modificationNanos);
        return Downcall.toInt(Symbol.UTIMENSAT, AT_FDCWD, pathOf(node.at()), times.address(), 0, 0, 0);
    }

    @Override
    public int link(NodeRef node, int directory, MemorySegment name) {
        return TreeCalls.link(AT_FDCWD, pathOf(node.at()), directory, name, FOLLOW);
    }

    @Override
    public long readLink(NodeRef node, MemorySegment into) {
        long bytes = into.byteSize();
        return Downcall.toLong(Symbol.READLINKAT, node.at(), NO_NAME.address(), address(into), bytes, 0, 0);
    }

    @Override
    public int setXattr(NodeRef node, MemorySegment name, MemorySegment value, int flags) {
        int result = Downcall.toInt(
                Symbol.SETXATTR, pathOf(node.at()), address(name), address(value), value.byteSize(), flags, 0);
        Reference.reachabilityFence(name);
        Reference.reachabilityFence(value);
        return result;
    }

    @Override
    public long getXattr(NodeRef node, MemorySegment name, MemorySegment into) {
        long bytes = into.byteSize();
        long result = Downcall.toLong(Symbol.GETXATTR, pathOf(node.at()), address(name), address(into), bytes, 0, 0);
        Reference.reachabilityFence(name);
        Reference.reachabilityFence(into);
        return result;
    }

    @Override
    public long listXattr(NodeRef node, MemorySegment into) {
        long bytes = into.byteSize();
        long result = Downcall.toLong(Symbol.LISTXATTR, pathOf(node.at()), address(into), bytes, 0, 0, 0);
        Reference.reachabilityFence(into);
        return result;
    }

    @Override
    public int removeXattr(NodeRef node, MemorySegment name) {
        int result = Downcall.toInt(Symbol.REMOVEXATTR, pathOf(node.at()), address(name));
        Reference.reachabilityFence(name);
        return result;
    }

    @Override
    public int handleOf(NodeRef node, MemorySegment into) {
        long at = Libc.checked(into, HANDLE_BYTES).address();
        into.set(JAVA_INT, 0, MAX_HANDLE);
        long mountId = at + HANDLE_HEADER + MAX_HANDLE; // which nobody needs
        int result = Downcall.toInt(Symbol.NAME_TO_HANDLE_AT, node.at(), NO_NAME.address(), at, mountId, EMPTY_PATH, 0);
        Reference.reachabilityFence(into);
        return result < 0 ? result : HANDLE_HEADER + into.get(JAVA_INT, 0);
    }

    @Override
    public int openHandle(int mount, MemorySegment handle) {
        int result = Downcall.toInt(Symbol.OPEN_BY_HANDLE_AT, mount, address(handle), PATH);
        Reference.reachabilityFence(handle);
        return result;
    }

    private static long address(MemorySegment buffer) {
        return Libc.checked(buffer, 0).address();
    }
}
