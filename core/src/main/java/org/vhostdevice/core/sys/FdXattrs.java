package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// Extended attributes of open files, by the calls of each host. Errors are negated numbers of the host.
@SuppressWarnings("ReachabilityFenceUsage") // calls do not throw
final class FdXattrs {
    private static final int CREATE = 1;
    private static final int REPLACE = 2;

    // extattr(2) of FreeBSD: the namespace of users, which Linux writes in front of the name
    private static final int EXTATTR_NAMESPACE_USER = 1;
    private static final String USER = "user.";

    private static final HostOs OS = HostOs.current();

    /// Linux that plays FreeBSD has neither.
    private static final boolean THERE = Symbol.FSETXATTR.isUsable() || Symbol.EXTATTR_SET_FD.isUsable();

    private static final int NOT_SUPPORTED = -Errno.EOPNOTSUPP.number();

    /// What cannot be is not there: Linux guests that ask for access lists take another answer for a failure.
    static final int NONE = -(OS == HostOs.LINUX ? Errno.ENODATA : Errno.ENOATTR).number();

    private FdXattrs() {}

    /// @param flags the numbers of Linux
    static int set(int fd, MemorySegment name, MemorySegment value, int flags) {
        if (!THERE) {
            return NOT_SUPPORTED;
        }
        long at = value.address();
        long bytes = value.byteSize();
        int result = switch (OS) {
            case LINUX -> Downcall.toInt(Symbol.FSETXATTR, fd, name.address(), at, bytes, flags, 0);
            case MACOS -> Downcall.toInt(Symbol.FSETXATTR, fd, name.address(), at, bytes, 0, hostFlags(flags));
            case FREEBSD -> setExtattr(fd, name, at, bytes, flags);
        };
        Reference.reachabilityFence(name);
        Reference.reachabilityFence(value);
        return result;
    }

    private static int hostFlags(int linux) {
        return ((linux & CREATE) != 0 ? AbiNumber.XATTR_CREATE.value() : 0)
                | ((linux & REPLACE) != 0 ? AbiNumber.XATTR_REPLACE.value() : 0);
    }

    private static int setExtattr(int fd, MemorySegment name, long at, long bytes, int flags) {
        if (!isUser(name)) {
            return NOT_SUPPORTED;
        }
        boolean exists = getExtattr(fd, name, 0, 0) >= 0;
        if ((flags & CREATE) != 0 && exists) {
            return -Errno.EEXIST.number();
        }
        if ((flags & REPLACE) != 0 && !exists) {
            return -Errno.ENOATTR.number();
        }
        long result = Downcall.toLong(
                Symbol.EXTATTR_SET_FD, fd, EXTATTR_NAMESPACE_USER, name.address() + USER.length(), at, bytes, 0);
        return (int) Math.min(result, 0);
    }

    static long get(int fd, MemorySegment name, MemorySegment into) {
        if (!THERE) {
            return NONE;
        }
        long at = into.address();
        long bytes = into.byteSize();
        long result = switch (OS) {
            case LINUX, MACOS -> Downcall.toLong(Symbol.FGETXATTR, fd, name.address(), at, bytes, 0, 0);
            case FREEBSD -> isUser(name) ? getExtattr(fd, name, bytes == 0 ? 0 : at, bytes) : NONE;
        };
        Reference.reachabilityFence(name);
        Reference.reachabilityFence(into);
        return result;
    }

    /// Without a buffer the length is asked for; otherwise what does not fit would be cut off.
    private static long getExtattr(int fd, MemorySegment name, long at, long bytes) {
        long attribute = name.address() + USER.length();
        long whole = Downcall.toLong(Symbol.EXTATTR_GET_FD, fd, EXTATTR_NAMESPACE_USER, attribute, 0, 0, 0);
        if (at == 0 || whole < 0) {
            return whole;
        }
        return whole > bytes
                ? -Errno.ERANGE.number()
                : Downcall.toLong(Symbol.EXTATTR_GET_FD, fd, EXTATTR_NAMESPACE_USER, attribute, at, bytes, 0);
    }

    static long list(int fd, MemorySegment into) {
        if (!THERE) {
            return 0;
        }
        long at = into.address();
        long bytes = into.byteSize();
        long result = switch (OS) {
            case LINUX, MACOS -> Downcall.toLong(Symbol.FLISTXATTR, fd, at, bytes, 0, 0, 0);
            case FREEBSD -> listExtattr(fd, into, bytes);
        };
        Reference.reachabilityFence(into);
        return result;
    }

    /// Each name comes with a byte of length in front of it, and without its namespace.
    private static long listExtattr(int fd, MemorySegment into, long bytes) {
        long listed = Downcall.toLong(
                Symbol.EXTATTR_LIST_FD, fd, EXTATTR_NAMESPACE_USER, bytes == 0 ? 0 : into.address(), bytes, 0, 0);
        if (listed <= 0 || bytes == 0) {
            return listed;
        }
        return ofLengths(into.asSlice(0, listed).toArray(JAVA_BYTE), into);
    }

    /// Turns names with a byte of length in front of each into those of Linux, with a NUL behind each.
    ///
    /// @return bytes, or `ERANGE`
    static long ofLengths(byte[] names, MemorySegment into) {
        long to = 0;
        for (int at = 0; at < names.length; ) {
            int length = Math.min(Byte.toUnsignedInt(names[at]), names.length - at - 1);
            if (to + USER.length() + length + 1 > into.byteSize()) {
                return -Errno.ERANGE.number();
            }
            for (int i = 0; i < USER.length(); i++) {
                into.set(JAVA_BYTE, to + i, (byte) USER.charAt(i));
            }
            MemorySegment.copy(names, at + 1, into, JAVA_BYTE, to + USER.length(), length);
            to += USER.length() + length;
            into.set(JAVA_BYTE, to, (byte) 0);
            to++;
            at += length + 1;
        }
        return to;
    }

    static int remove(int fd, MemorySegment name) {
        if (!THERE) {
            return NOT_SUPPORTED;
        }
        int result = switch (OS) {
            case LINUX, MACOS -> Downcall.toInt(Symbol.FREMOVEXATTR, fd, name.address(), 0);
            case FREEBSD ->
                isUser(name)
                        ? Downcall.toInt(
                                Symbol.EXTATTR_DELETE_FD, fd, EXTATTR_NAMESPACE_USER, name.address() + USER.length())
                        : NOT_SUPPORTED;
        };
        Reference.reachabilityFence(name);
        return result;
    }

    private static boolean isUser(MemorySegment name) {
        for (int i = 0; i < USER.length(); i++) {
            if (name.get(JAVA_BYTE, i) != USER.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
