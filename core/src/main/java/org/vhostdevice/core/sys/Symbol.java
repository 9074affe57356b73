package org.vhostdevice.core.sys;

import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The C library functions that are called, each looked up when it is first used.
///
/// A row names the systems that have the function, where not all of them do and use it; or how many arguments come
/// before the variadic one of a function that has one.
enum Symbol implements HostItem {
    ACCEPT,
    ACCEPT4(HostOs.LINUX, HostOs.FREEBSD),
    BIND,
    CFMAKERAW,
    CHDIR,
    CHROOT,
    CLOSE,
    CONNECT,
    COPY_FILE_RANGE(HostOs.LINUX, HostOs.FREEBSD),
    EPOLL_CREATE1(HostOs.LINUX),
    EPOLL_CTL(HostOs.LINUX),
    EPOLL_WAIT(HostOs.LINUX),
    EVENTFD(HostOs.LINUX, HostOs.FREEBSD),
    EXECVE,
    EXTATTR_DELETE_FD(HostOs.FREEBSD),
    EXTATTR_GET_FD(HostOs.FREEBSD),
    EXTATTR_LIST_FD(HostOs.FREEBSD),
    EXTATTR_SET_FD(HostOs.FREEBSD),
    FALLOCATE(HostOs.LINUX),
    FCHMOD,
    FCHMODAT,
    FCHOWN,
    FCHOWNAT,
    FCNTL(2),
    FDATASYNC,
    FGETXATTR(HostOs.LINUX, HostOs.MACOS),
    FLISTXATTR(HostOs.LINUX, HostOs.MACOS),
    FLOCK,
    FREADLINK(HostOs.MACOS),
    FREMOVEXATTR(HostOs.LINUX, HostOs.MACOS),
    FSETXATTR(HostOs.LINUX, HostOs.MACOS),
    FSPACECTL(HostOs.FREEBSD),
    FSTAT,
    FSTATAT,
    FSTATVFS,
    FSYNC,
    FTRUNCATE,
    FUTIMENS,
    GETDIRENTRIES(HostOs.FREEBSD),
    GETDIRENTRIES64(HostOs.MACOS),
    GETEGID,
    GETEUID,
    GETPEERNAME,
    GETPGRP,
    GETRLIMIT,
    GETSOCKOPT,
    GETXATTR(HostOs.LINUX, HostOs.MACOS),
    GRANTPT,
    IOCTL(2),
    KEVENT(HostOs.MACOS, HostOs.FREEBSD),
    KQUEUE(HostOs.MACOS, HostOs.FREEBSD),
    LINKAT,
    LISTEN,
    LISTXATTR(HostOs.LINUX, HostOs.MACOS),
    LSEEK,
    MEMFD_CREATE(HostOs.LINUX, HostOs.FREEBSD),
    MKDIRAT,
    MKNODAT,
    MMAP,
    MOUNT,
    MUNMAP,
    NAME_TO_HANDLE_AT(HostOs.LINUX),
    OPEN(2),
    OPENAT(3),
    OPENLOG,
    OPEN_BY_HANDLE_AT(HostOs.LINUX),
    PIPE,
    PIPE2(HostOs.LINUX, HostOs.FREEBSD),
    POLL,
    POSIX_OPENPT,
    PREAD,
    PREADV,
    PREADV2(HostOs.LINUX),
    PTSNAME,
    PWRITE,
    PWRITEV,
    PWRITEV2(HostOs.LINUX),
    RAISE,
    READ,
    READLINKAT,
    RECVMSG,
    REMOVEXATTR(HostOs.LINUX, HostOs.MACOS),
    RENAMEAT,
    RENAMEAT2(HostOs.LINUX),
    RENAMEATX_NP(HostOs.MACOS),
    SEND,
    SENDMSG,
    SETRLIMIT,
    SETSOCKOPT,
    SETXATTR(HostOs.LINUX, HostOs.MACOS),
    SHM_OPEN(2),
    SHM_UNLINK,
    SHUTDOWN,
    SOCKET,
    SOCKETPAIR,
    STATX(HostOs.LINUX),
    SYMLINKAT,
    SYNCFS(HostOs.LINUX),
    SYSCALL,
    SYSCONF,
    SYSLOG(2),
    TCGETATTR,
    TCGETPGRP,
    TCSETATTR,
    TTYNAME_R,
    UMASK,
    UMOUNT2(HostOs.LINUX),
    UNLINKAT,
    UNLOCKPT,
    UNSHARE(HostOs.LINUX),
    UTIMENSAT,
    WRITE,
    WRITEV;

    @SuppressWarnings("ImmutableEnumChecker") // made by Set.of
    private final Set<HostOs> hosts;

    private final int fixedArguments;

    /// What was found; two threads may look it up at once and find the same.
    @SuppressWarnings("ImmutableEnumChecker")
    private @Nullable MemorySegment found;

    Symbol(HostOs... hosts) {
        this.hosts = hosts.length == 0 ? Set.of(HostOs.values()) : Set.of(hosts);
        this.fixedArguments = 0;
    }

    Symbol(int fixedArguments) {
        this.hosts = Set.of(HostOs.values());
        this.fixedArguments = fixedArguments;
    }

    /// How many arguments come before the variadic one, 0 for a function that has none.
    int fixedArguments() {
        return fixedArguments;
    }

    @Override
    public boolean existsOn(HostAbi abi) {
        return hosts.contains(abi.os());
    }

    /// Whether this host's C library has the function, and a system that is played has it too.
    @Override
    public boolean isUsable() {
        return find() != null;
    }

    /// The name in the C library of a host.
    ///
    /// On macOS x86-64 the plain name of a function on `struct stat` stands for the layout with 32-bit inodes. The
    /// function that reads directories is private there.
    String nameOn(HostAbi abi) {
        String plain = (this == GETDIRENTRIES64 ? "__" : "") + name().toLowerCase(Locale.ROOT);
        return (this == FSTAT || this == FSTATAT) && abi == HostAbi.MACOS_X86_64 ? plain + "$INODE64" : plain;
    }

    /// Its address.
    ///
    /// @throws UnsupportedOperationException if this host's C library lacks it; the message names it
    MemorySegment address() {
        MemorySegment address = find();
        if (address == null) {
            throw new UnsupportedOperationException(
                    "the C library of this host has no function '" + nameOn(HostAbi.limit()) + "'");
        }
        return address;
    }

    private @Nullable MemorySegment find() {
        MemorySegment address = found;
        HostAbi own = HostAbi.current();
        if (address == null && existsOn(HostAbi.limit()) && existsOn(own)) {
            String name = nameOn(own);
            address = Linker.nativeLinker().defaultLookup().find(name).orElse(null);
            found = address;
        }
        return address;
    }
}
