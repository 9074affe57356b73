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
    CLOSE,
    CONNECT,
    EPOLL_CREATE1,
    EPOLL_CTL,
    EPOLL_WAIT,
    EVENTFD,
    FALLOCATE,
    FCNTL,
    FDATASYNC,
    FLOCK,
    FSPACECTL,
    FSTAT,
    FSYNC,
    FTRUNCATE,
    GETRLIMIT,
    GETSOCKOPT,
    IOCTL,
    KEVENT,
    KQUEUE,
    LISTEN,
    LSEEK,
    MEMFD_CREATE,
    MMAP,
    MUNMAP,
    OPEN,
    PIPE,
    PIPE2,
    POLL,
    PREAD,
    PREADV,
    PREADV2,
    PWRITE,
    PWRITEV,
    PWRITEV2,
    READ,
    RECVMSG,
    SEND,
    SENDMSG,
    SETSOCKOPT,
    SHM_OPEN,
    SHM_UNLINK,
    SHUTDOWN,
    SOCKET,
    SOCKETPAIR,
    SYSCALL,
    SYSCONF,
    UMASK,
    WRITE;

    /// What was found; two threads may look it up at once and find the same.
    @SuppressWarnings("ImmutableEnumChecker")
    private @Nullable MemorySegment found;

    /// The name in the C library of a host.
    ///
    /// On macOS x86-64 the plain name of a function on `struct stat` stands for the layout with 32-bit inodes.
    String nameOn(HostAbi abi) {
        String plain = name().toLowerCase(Locale.ROOT);
        return this == FSTAT && abi == HostAbi.MACOS_X86_64 ? plain + "$INODE64" : plain;
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
