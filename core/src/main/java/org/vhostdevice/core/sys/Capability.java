package org.vhostdevice.core.sys;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a host may lack, and what the POSIX ways used instead do without.
///
/// Each can be switched off by naming it in the system property `vhost.disable`, a list separated by commas, so
/// that the fallbacks can be tested on a host that has everything.
public enum Capability {
    /// `eventfd(2)` for notifications; otherwise pipes.
    EVENTFD,
    /// `memfd_create(2)` for shared memory; otherwise `shm_open(3)`.
    MEMFD,
    /// `F_ADD_SEALS`, which fixes the size of shared memory; otherwise its size is not protected.
    SEALS,
    /// `epoll(7)` for waiting.
    EPOLL,
    /// `kqueue(2)` for waiting; without it and [#EPOLL], `poll(2)`.
    KQUEUE,
    /// Descriptors that are born close-on-exec (`accept4(2)`, `pipe2(2)`, `SOCK_CLOEXEC`, `MSG_CMSG_CLOEXEC`);
    /// otherwise they are marked one by one after their creation.
    ATOMIC_CLOEXEC,
    /// `F_OFD_SETLK`, locks that belong to an open file description; otherwise `flock(2)`.
    OFD_LOCKS,
    /// `preadv2(2)` and `pwritev2(2)` with `RWF_NOWAIT`, which never wait; otherwise `O_NONBLOCK` or `poll(2)` sees
    /// to that.
    NOWAIT_IO,
    /// `FUTEX_WAKE_OP` of `futex(2)`, by which the kernel changes bits of shared memory atomically; otherwise no dirty
    /// log can be kept.
    ATOMIC_BITS,
    /// `io_uring(7)` for transfers; otherwise threads that wait. The host may still refuse it when it is asked for.
    IO_URING,
    /// `statx(2)`, which also tells birth times and mounts; otherwise `fstatat(2)`.
    STATX,
    /// `O_PATH`, for descriptors that only name a file; otherwise files are opened for reading to be named, or known by
    /// their name.
    PATH_FDS,
    /// Offsets in directories at which reading can go on later; otherwise a directory is read at once and kept.
    DIRECTORY_OFFSETS,
    /// `fallocate(2)` with all its modes; otherwise what other hosts can do of it.
    FALLOCATE,
    /// Unix sockets that keep the borders of messages (`SOCK_SEQPACKET`); without them such connections are refused.
    UNIX_SEQPACKET,
    /// `AF_VSOCK`, the sockets of virtual machines; without them nothing can be forwarded there.
    VSOCK,
    /// `fallocate(2)`, `fspacectl(2)` or `F_PUNCHHOLE`, which give up a part of a file; otherwise zeros are written.
    PUNCH_HOLE;

    private static final String PROPERTY = "vhost.disable";

    private static @Nullable Set<Capability> disabled;

    /// Whether this host has the capability and it is not switched off.
    ///
    /// @return whether to use it
    /// @throws IllegalArgumentException if the property holds an unknown name; the message lists the known ones
    public boolean available() {
        return !disabled().contains(this) && isPresent(HostAbi.current());
    }

    private boolean isPresent(HostAbi abi) {
        return switch (this) {
            case EVENTFD -> AbiNumber.EFD_CLOEXEC.existsOn(abi) && Symbol.EVENTFD.isPresent();
            case MEMFD -> AbiNumber.MFD_CLOEXEC.existsOn(abi) && Symbol.MEMFD_CREATE.isPresent();
            case SEALS -> AbiNumber.F_ADD_SEALS.existsOn(abi);
            case EPOLL -> AbiNumber.EPOLL_EVENT_SIZE.existsOn(abi);
            case KQUEUE -> AbiNumber.KEVENT_SIZE.existsOn(abi);
            case ATOMIC_CLOEXEC -> AbiNumber.SOCK_CLOEXEC.existsOn(abi);
            case OFD_LOCKS -> AbiNumber.F_OFD_SETLK.existsOn(abi);
            case NOWAIT_IO ->
                AbiNumber.RWF_NOWAIT.existsOn(abi) && Symbol.PREADV2.isPresent() && Symbol.PWRITEV2.isPresent();
            case ATOMIC_BITS -> AbiNumber.SYS_FUTEX.existsOn(abi) && Symbol.SYSCALL.isPresent();
            case IO_URING -> AbiNumber.SYS_IO_URING_SETUP.existsOn(abi) && Symbol.SYSCALL.isPresent();
            case STATX -> Symbol.STATX.isPresent();
            case PATH_FDS -> AbiNumber.O_PATH.existsOn(abi);
            case DIRECTORY_OFFSETS -> !AbiNumber.O_EVTONLY.existsOn(abi); // macOS: APFS has none
            case FALLOCATE -> Symbol.FALLOCATE.isPresent();
            case UNIX_SEQPACKET -> !AbiNumber.O_EVTONLY.existsOn(abi); // macOS has none
            case VSOCK -> AbiNumber.AF_VSOCK.existsOn(abi);
            case PUNCH_HOLE -> FileSpace.canPunch(abi);
        };
    }

    private static Set<Capability> disabled() {
        Set<Capability> result = disabled;
        if (result == null) {
            result = parse(System.getProperty(PROPERTY, ""));
            disabled = result;
        }
        return result;
    }

    static Set<Capability> parse(String names) {
        Set<Capability> result = EnumSet.noneOf(Capability.class);
        for (String part : names.split(",", -1)) {
            String name = part.strip();
            if (!name.isEmpty()) {
                result.add(named(name));
            }
        }
        return result;
    }

    private static Capability named(String name) {
        for (Capability capability : values()) {
            if (capability.name().equals(name.toUpperCase(Locale.ROOT))) {
                return capability;
            }
        }
        throw new IllegalArgumentException(
                "-D" + PROPERTY + ": unknown capability '" + name + "', known are " + Arrays.toString(values()));
    }
}
