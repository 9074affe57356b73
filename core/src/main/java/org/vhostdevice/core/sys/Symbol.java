package org.vhostdevice.core.sys;

import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The C library functions that are called, each looked up when it is first used.
enum Symbol {
    ACCEPT,
    ACCEPT4,
    BIND,
    CFMAKERAW,
    CHDIR,
    CHROOT,
    CLOSE,
    CONNECT,
    COPY_FILE_RANGE,
    EPOLL_CREATE1,
    EPOLL_CTL,
    EPOLL_WAIT,
    EVENTFD,
    EXECVE,
    EXTATTR_DELETE_FD,
    EXTATTR_GET_FD,
    EXTATTR_LIST_FD,
    EXTATTR_SET_FD,
    FALLOCATE,
    FCHMOD,
    FCHMODAT,
    FCHOWN,
    FCHOWNAT,
    FCNTL,
    FDATASYNC,
    FGETXATTR,
    FLISTXATTR,
    FLOCK,
    FREADLINK,
    FREMOVEXATTR,
    FSETXATTR,
    FSPACECTL,
    FSTAT,
    FSTATAT,
    FSTATVFS,
    FSYNC,
    FTRUNCATE,
    FUTIMENS,
    GETDIRENTRIES,
    GETDIRENTRIES64,
    GETEGID,
    GETEUID,
    GETPGRP,
    GETRLIMIT,
    GETSOCKOPT,
    GETXATTR,
    GRANTPT,
    IOCTL,
    KEVENT,
    KQUEUE,
    LINKAT,
    LISTEN,
    LISTXATTR,
    LSEEK,
    MEMFD_CREATE,
    MKDIRAT,
    MKNODAT,
    MMAP,
    MOUNT,
    MUNMAP,
    NAME_TO_HANDLE_AT,
    OPEN,
    OPENAT,
    OPENLOG,
    OPEN_BY_HANDLE_AT,
    PIPE,
    PIPE2,
    POLL,
    POSIX_OPENPT,
    PREAD,
    PREADV,
    PREADV2,
    PTSNAME,
    PWRITE,
    PWRITEV,
    PWRITEV2,
    RAISE,
    READ,
    READLINKAT,
    RECVMSG,
    REMOVEXATTR,
    RENAMEAT,
    RENAMEAT2,
    RENAMEATX_NP,
    SEND,
    SENDMSG,
    SETRLIMIT,
    SETSOCKOPT,
    SETXATTR,
    SHM_OPEN,
    SHM_UNLINK,
    SHUTDOWN,
    SOCKET,
    SOCKETPAIR,
    STATX,
    SYMLINKAT,
    SYNCFS,
    SYSCALL,
    SYSCONF,
    SYSLOG,
    TCGETATTR,
    TCGETPGRP,
    TCSETATTR,
    TTYNAME_R,
    UMASK,
    UMOUNT2,
    UNLINKAT,
    UNLOCKPT,
    UNSHARE,
    UTIMENSAT,
    WRITE,
    WRITEV;

    /// What was found; two threads may look it up at once and find the same.
    @SuppressWarnings("ImmutableEnumChecker")
    private @Nullable MemorySegment found;

    /// The name in the C library of a host.
    ///
    /// On macOS x86-64 the plain name of a function on `struct stat` stands for the layout with 32-bit inodes. The
    /// function that reads directories is private there.
    String nameOn(HostAbi abi) {
        String plain = (this == GETDIRENTRIES64 ? "__" : "") + name().toLowerCase(Locale.ROOT);
        return (this == FSTAT || this == FSTATAT) && abi == HostAbi.MACOS_X86_64 ? plain + "$INODE64" : plain;
    }

    /// Whether this host's C library has the function.
    boolean isPresent() {
        return find() != null;
    }

    /// Its address.
    ///
    /// @throws UnsupportedOperationException if this host's C library lacks it; the message names it
    MemorySegment address() {
        MemorySegment address = find();
        if (address == null) {
            throw new UnsupportedOperationException(
                    "the C library of this host has no function '" + nameOn(HostAbi.current()) + "'");
        }
        return address;
    }

    private @Nullable MemorySegment find() {
        MemorySegment address = found;
        if (address == null) {
            String name = nameOn(HostAbi.current());
            address = Linker.nativeLinker().defaultLookup().find(name).orElse(null);
            found = address;
        }
        return address;
    }
}
