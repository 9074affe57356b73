package org.vhostdevice.core.sys;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a host may lack, and what the POSIX ways used instead do without.
///
/// Each can be switched off by naming it in the system property `vhost.disable`, a list separated by commas, so
/// that the fallbacks can be tested on a host that has everything. With `-Dvhost.host=macos` or `freebsd` all are
/// off that this system lacks.
public enum Capability {
    /// `eventfd(2)`.
    EVENTFD("eventfds for notifications", "pipes", AbiNumber.EFD_CLOEXEC, Symbol.EVENTFD),
    /// `memfd_create(2)`.
    MEMFD("memfd_create for shared memory", "shm_open", AbiNumber.MFD_CLOEXEC, Symbol.MEMFD_CREATE),
    /// `F_ADD_SEALS`.
    SEALS("seals that fix the size of shared memory", "a size that is not protected", AbiNumber.F_ADD_SEALS),
    /// `epoll(7)`.
    EPOLL("epoll for waiting", "kqueue or poll", AbiNumber.EPOLL_EVENT_SIZE, Symbol.EPOLL_WAIT),
    /// `kqueue(2)`.
    KQUEUE("kqueue for waiting", "epoll or poll", AbiNumber.KEVENT_SIZE, Symbol.KEVENT),
    /// `accept4(2)`, `pipe2(2)`, `SOCK_CLOEXEC`, `MSG_CMSG_CLOEXEC`.
    ATOMIC_CLOEXEC(
            "descriptors that are born close-on-exec",
            "marking them one by one after their creation",
            AbiNumber.SOCK_CLOEXEC,
            AbiNumber.MSG_CMSG_CLOEXEC,
            Symbol.ACCEPT4,
            Symbol.PIPE2),
    /// `F_OFD_SETLK`.
    OFD_LOCKS(
            "locks on bytes that belong to an open file description",
            "flock for images, and locks of guests that the guest keeps itself",
            AbiNumber.F_OFD_SETLK),
    /// `preadv2(2)` and `pwritev2(2)` with `RWF_NOWAIT`, which never wait.
    NOWAIT_IO(
            "reads and writes that never wait",
            "O_NONBLOCK and poll",
            AbiNumber.RWF_NOWAIT,
            Symbol.PREADV2,
            Symbol.PWRITEV2),
    /// `FUTEX_WAKE_OP` of `futex(2)`, by which the kernel changes bits of shared memory atomically.
    ATOMIC_BITS("dirty logs kept by the kernel, for live migration", "no live migration", AbiNumber.SYS_FUTEX),
    /// `io_uring(7)`. The host may still refuse it when it is asked for.
    IO_URING("io_uring for disks", "threads that wait", AbiNumber.SYS_IO_URING_SETUP),
    /// `statx(2)`.
    STATX("statx, which tells birth times and mounts of files", "fstatat", Symbol.STATX),
    /// `O_PATH`.
    PATH_FDS(
            "descriptors that only name a file (O_PATH)",
            "files opened for events or for reading, or known by their name in a directory",
            AbiNumber.O_PATH),
    /// `/proc/self/fd`.
    PROC_FDS("names of descriptors in /proc", "doing without", Set.of(HostOs.LINUX)),
    /// Offsets in directories.
    DIRECTORY_OFFSETS(
            "directories that can be read on from an offset",
            "reading a directory at once and keeping it",
            Set.of(HostOs.LINUX, HostOs.FREEBSD)),
    /// `fallocate(2)` with all its modes.
    FALLOCATE("fallocate with all its modes", "what of it the host has", Symbol.FALLOCATE),
    /// `fallocate(2)`, `fspacectl(2)` or `F_PUNCHHOLE`.
    PUNCH_HOLE("giving up parts of files", "writing zeros", Set.of(HostOs.values())),
    /// `SOCK_SEQPACKET` between Unix sockets.
    UNIX_SEQPACKET(
            "Unix sockets that keep the borders of messages",
            "refusing such connections of guests",
            Set.of(HostOs.LINUX, HostOs.FREEBSD)),
    /// More than 8 KiB in a Unix socket; switched off, sockets made here get no more.
    LARGE_SOCKET_BUFFERS(
            "Unix sockets that buffer more than 8 KiB", "messages that go out in pieces", Set.of(HostOs.LINUX)),
    /// `AF_VSOCK`.
    VSOCK(
            "sockets of virtual machines on the host (AF_VSOCK)",
            "forwarding to Unix and TCP sockets",
            AbiNumber.AF_VSOCK),
    /// `unshare(2)`, `pivot_root(2)`, `capset(2)`.
    NAMESPACES(
            "namespaces and capabilities, which confine the process",
            "chroot, for root",
            Symbol.UNSHARE,
            AbiNumber.SYS_PIVOT_ROOT,
            AbiNumber.SYS_CAPSET),
    /// `landlock(7)`. The kernel may be built without it.
    LANDLOCK(
            "Landlock, by which users confine their processes",
            "namespaces, or chroot for root",
            AbiNumber.SYS_LANDLOCK_CREATE_RULESET),
    /// `seccomp(2)`.
    SECCOMP("filters of system calls", "no filter", AbiNumber.SYS_SECCOMP),
    /// `setresuid(2)` and its like for one thread.
    THREAD_CREDENTIALS(
            "threads that act for the users of a guest",
            "doing everything as the user of the process",
            AbiNumber.SYS_SETRESUID,
            AbiNumber.SYS_SETGROUPS);

    private static final String PROPERTY = "vhost.disable";

    private static @Nullable Set<Capability> disabled;

    private final String use;
    private final String otherwise;

    @SuppressWarnings("ImmutableEnumChecker") // made by Set.of
    private final Set<HostOs> hosts;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<HostItem> items;

    /// @param items what it needs, all of it
    Capability(String use, String otherwise, HostItem... items) {
        this.use = use;
        this.otherwise = otherwise;
        this.hosts = Set.of(HostOs.values());
        this.items = List.of(items);
    }

    /// @param hosts that have it
    Capability(String use, String otherwise, Set<HostOs> hosts) {
        this.use = use;
        this.otherwise = otherwise;
        this.hosts = hosts;
        this.items = List.of();
    }

    /// {@return what it is and is used for, in a few words}
    public String use() {
        return use;
    }

    /// {@return what is done where it is missing, in a few words}
    public String otherwise() {
        return otherwise;
    }

    /// Whether a host has the capability, as the tables say. No host is asked.
    ///
    /// @param abi any host
    /// @return whether it has
    public boolean existsOn(HostAbi abi) {
        return hosts.contains(abi.os()) && items.stream().allMatch(item -> item.existsOn(abi));
    }

    /// Whether this host has the capability and it is not switched off.
    ///
    /// @return whether to use it
    /// @throws IllegalArgumentException if a property holds an unknown name; the message lists the known ones
    public boolean available() {
        return !disabled().contains(this) && isPresent();
    }

    private boolean isPresent() {
        if (this == PUNCH_HOLE) {
            return FileSpace.canPunch();
        }
        boolean listed = existsOn(HostAbi.limit()) && existsOn(HostAbi.current());
        return listed && items.stream().allMatch(HostItem::isUsable);
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
