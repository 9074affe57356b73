package org.vhostdevice.core.sys;

import static org.vhostdevice.core.sys.AbiNumber.Absent.ABSENT;

/// The numbers that differ between hosts: constants under their C names, sizes of structures and offsets of
/// their members in bytes.
///
/// A row holds the value for Linux, macOS and FreeBSD, or for Linux x86-64, Linux aarch64, macOS and FreeBSD
/// where the two CPUs differ. Numbers that are the same everywhere stand where they are used. Every host is
/// little-endian, so the low half of a wider member lies at the member's own offset.
enum AbiNumber implements HostItem {
    // fcntl(2) and open(2)
    O_NONBLOCK(0x800, 4, 4),
    O_CREAT(0x40, 0x200, 0x200),
    O_EXCL(0x80, 0x800, 0x800),
    O_NOCTTY(0x100, 0x20000, 0x8000),
    O_CLOEXEC(0x80000, 0x1000000, 0x100000),
    O_DIRECT(0x4000, 0x10000, ABSENT, 0x10000),
    F_NOCACHE(ABSENT, 48, ABSENT),
    F_PUNCHHOLE(ABSENT, 99, ABSENT),
    F_PREALLOCATE(ABSENT, 42, ABSENT),
    SEEK_DATA(3, 4, 3),
    SEEK_HOLE(4, 3, 4),
    F_DUPFD_CLOEXEC(0x406, 0x43, 17),
    F_FULLFSYNC(ABSENT, 51, ABSENT),
    F_ADD_SEALS(0x409, ABSENT, 19),
    F_SEAL_SEAL(1, ABSENT, 1),
    F_SEAL_SHRINK(2, ABSENT, 2),
    F_SEAL_GROW(4, ABSENT, 4),
    F_OFD_GETLK(36, 92, ABSENT),
    F_OFD_SETLK(37, 90, ABSENT),
    F_RDLCK(0, 1, 1),
    F_WRLCK(1, 3, 3),

    // struct flock
    FLOCK_SIZE(32, 24, 32),
    L_START(8, 0, 0),
    L_LEN(16, 8, 8),
    L_TYPE(0, 20, 20),
    L_WHENCE(2, 22, 22),
    L_PID(24, 16, 16),

    // struct stat: the low 16 bits of st_mode, the low 32 bits of st_blksize
    STAT_SIZE(144, 128, 144, 224),
    ST_MODE(24, 16, 4, 24),
    ST_SIZE(48, 96, 112),
    ST_BLKSIZE(56, 112, 128),

    // opening, naming and changing files in a tree
    O_APPEND(0x400, 8, 8),
    O_TRUNC(0x200, 0x400, 0x400),
    O_DIRECTORY(0x10000, 0x4000, 0x100000, 0x20000),
    O_NOFOLLOW(0x20000, 0x8000, 0x100, 0x100),
    O_PATH(0x200000, ABSENT, 0x400000),
    O_NOATIME(0x40000, ABSENT, ABSENT),
    O_SYNC(0x101000, 0x80, 0x80),
    O_DSYNC(0x1000, 0x400000, 0x1000000),
    O_TMPFILE(0x410000, 0x404000, ABSENT, ABSENT),
    O_SYMLINK(ABSENT, 0x200000, ABSENT),
    O_EVTONLY(ABSENT, 0x8000, ABSENT),
    O_EMPTY_PATH(ABSENT, ABSENT, 0x2000000),
    AT_FDCWD(-100, -2, -100),
    AT_REMOVEDIR(0x200, 0x80, 0x800),
    AT_SYMLINK_NOFOLLOW(0x100, 0x20, 0x200),
    AT_SYMLINK_FOLLOW(0x400, 0x40, 0x400),
    AT_EMPTY_PATH(0x1000, ABSENT, 0x4000),
    UTIME_NOW(1073741823, -1, -1),
    UTIME_OMIT(1073741822, -2, -2),
    RENAME_EXCL(ABSENT, 4, ABSENT),
    RENAME_SWAP(ABSENT, 2, ABSENT),
    XATTR_CREATE(1, 2, ABSENT),
    XATTR_REPLACE(2, 4, ABSENT),
    XATTR_NOFOLLOW(ABSENT, 1, ABSENT),

    // more of struct stat: the times are pairs of 64 bits, seconds and nanoseconds
    ST_DEV(0, 0, 0),
    ST_INO(8, 8, 8),
    ST_NLINK(16, 20, 6, 16),
    ST_UID(28, 24, 16, 28),
    ST_GID(32, 28, 20, 32),
    ST_RDEV(40, 32, 24, 40),
    ST_BLOCKS(64, 104, 120),
    ST_ATIME(72, 32, 48),
    ST_MTIME(88, 48, 64),
    ST_CTIME(104, 64, 80),
    ST_BIRTHTIME(ABSENT, 80, 96),
    ST_GEN(ABSENT, 120, 136),
    ST_DEV_BYTES(8, 4, 8),
    ST_NLINK_BYTES(8, 4, 2, 8),
    ST_RDEV_BYTES(8, 4, 8),
    ST_GEN_BYTES(ABSENT, 4, 8),

    // struct dirent, as getdents64(2), __getdirentries64 and getdirentries(2) fill it in
    D_INO(0, 0, 0),
    D_OFF(8, 8, 8),
    D_RECLEN(16, 16, 16),
    D_TYPE(18, 20, 18),
    D_NAME(19, 21, 24),

    // struct statvfs
    STATVFS_SIZE(112, 64, 88),
    STATVFS_BSIZE(0, 0, 48),
    STATVFS_FRSIZE(8, 8, 64),
    STATVFS_BLOCKS(16, 16, 16),
    STATVFS_BFREE(24, 20, 8),
    STATVFS_BAVAIL(32, 24, 0),
    STATVFS_FILES(40, 28, 40),
    STATVFS_FFREE(48, 32, 32),
    STATVFS_NAMEMAX(80, 56, 80),
    STATVFS_FLAG(72, 48, 56),
    STATVFS_COUNT_BYTES(8, 4, 8),

    // memory, events, limits
    MFD_CLOEXEC(1, ABSENT, 1),
    MFD_ALLOW_SEALING(2, ABSENT, 2),
    EFD_CLOEXEC(0x80000, ABSENT, 0x100000),
    EFD_NONBLOCK(0x800, ABSENT, 4),
    RWF_NOWAIT(8, ABSENT, ABSENT),
    SC_PAGESIZE(30, 29, 47),
    RLIMIT_NOFILE(7, 8, 8),
    RLIMIT_MEMLOCK(8, 6, 6),
    RLIMIT_NPROC(6, 7, 7),

    // the numbers of system calls
    SYS_GETDENTS64(217, 61, ABSENT, ABSENT),
    SYS_FUTEX(202, 98, ABSENT, ABSENT),
    SYS_PIVOT_ROOT(155, 41, ABSENT, ABSENT),
    SYS_PRCTL(157, 167, ABSENT, ABSENT),
    SYS_SECCOMP(317, 277, ABSENT, ABSENT),
    SYS_SETGROUPS(116, 159, ABSENT, ABSENT),
    SYS_SETRESUID(117, 147, ABSENT, ABSENT),
    SYS_SETRESGID(119, 149, ABSENT, ABSENT),
    SYS_CAPGET(125, 90, ABSENT, ABSENT),
    SYS_CAPSET(126, 91, ABSENT, ABSENT),
    SYS_IO_URING_SETUP(425, ABSENT, ABSENT),
    SYS_IO_URING_ENTER(426, ABSENT, ABSENT),
    SYS_EPOLL_PWAIT2(441, ABSENT, ABSENT),
    SYS_LANDLOCK_CREATE_RULESET(444, ABSENT, ABSENT),
    SYS_LANDLOCK_ADD_RULE(445, ABSENT, ABSENT),
    SYS_LANDLOCK_RESTRICT_SELF(446, ABSENT, ABSENT),

    // socket options and flags
    SOL_SOCKET(1, 0xffff, 0xffff),
    SOCK_CLOEXEC(0x80000, ABSENT, 0x10000000),
    SOCK_NONBLOCK(0x800, ABSENT, 0x20000000),
    AF_INET6(10, 30, 28),
    AF_VSOCK(40, 40, ABSENT),
    SO_ERROR(4, 0x1007, 0x1007),
    SO_REUSEADDR(2, 4, 4),
    SO_SNDBUF(7, 0x1001, 0x1001),
    SO_RCVBUF(8, 0x1002, 0x1002),
    SO_NOSIGPIPE(ABSENT, 0x1022, 0x800),
    MSG_CTRUNC(8, 0x20, 0x20),
    MSG_EOR(0x80, 8, 8),
    MSG_TRUNC(0x20, 0x10, 0x10),
    MSG_DONTWAIT(0x40, 0x80, 0x80),
    MSG_NOSIGNAL(0x4000, 0x80000, 0x20000),
    MSG_CMSG_CLOEXEC(0x40000000, ABSENT, 0x40000),

    // struct sockaddr_un
    SOCKADDR_UN_SIZE(110, 106, 106),
    SUN_LEN(ABSENT, 0, 0),
    SUN_PATH(2, 2, 2),
    SUN_PATH_SIZE(108, 104, 104),

    // struct sockaddr_vm
    SOCKADDR_VM_SIZE(16, 12, ABSENT),
    SVM_LEN(ABSENT, 0, ABSENT),
    SVM_PORT(4, 4, ABSENT),
    SVM_CID(8, 8, ABSENT),

    // struct msghdr: its lengths are written and read as 32-bit numbers
    MSGHDR_SIZE(56, 48, 48),
    MSG_IOV(16, 16, 16),
    MSG_IOVLEN(24, 24, 24),
    MSG_CONTROL(32, 32, 32),
    MSG_CONTROLLEN(40, 40, 40),
    MSG_FLAGS(48, 44, 44),

    // struct cmsghdr; CMSG_DATA is the offset of the data, CMSG_ALIGN the unit that the next header starts on
    CMSG_LEN(0, 0, 0),
    CMSG_LEVEL(8, 4, 4),
    CMSG_TYPE(12, 8, 8),
    CMSG_DATA(16, 12, 16),
    CMSG_ALIGN(8, 4, 8),

    // who is at the other end: SO_PEERCRED (struct ucred), LOCAL_PEERPID (int), LOCAL_PEERCRED (struct xucred)
    PEER_LEVEL(1, 0, 0),
    PEER_OPTION(17, 2, 1),
    PEER_SIZE(12, 4, 88),
    PEER_PID(0, 0, 80),

    // poll(2), epoll(7)
    POLLRDHUP(0x2000, ABSENT, 0x4000),
    EPOLL_EVENT_SIZE(12, 16, ABSENT, ABSENT),
    EPOLL_EVENT_DATA(4, 8, ABSENT, ABSENT),

    // struct kevent
    KEVENT_SIZE(ABSENT, 32, 64),
    KEVENT_FILTER(ABSENT, 8, 8),
    KEVENT_FLAGS(ABSENT, 10, 10),
    KEVENT_FFLAGS(ABSENT, 12, 12),
    KEVENT_DATA(ABSENT, 16, 16),

    // ioctl(2) on disks: 64-bit size in bytes (BLKGETSIZE64, DIOCGMEDIASIZE) or in blocks (DKIOCGETBLOCKCOUNT),
    // 32-bit block size in bytes (BLKSSZGET, DKIOCGETBLOCKSIZE, DIOCGSECTORSIZE), write the cache of the disk
    // (DKIOCSYNCHRONIZECACHE, DIOCGFLUSH), give up a range (BLKDISCARD, DKIOCUNMAP, DIOCGDELETE), zero one (BLKZEROOUT)
    DEVICE_BYTES(0x80081272L, ABSENT, 0x40086481),
    DEVICE_BLOCKS(ABSENT, 0x40086419, ABSENT),
    DEVICE_BLOCK_SIZE(0x1268, 0x40046418, 0x40046480),
    DEVICE_FLUSH(ABSENT, 0x20006416, 0x20006487),
    DEVICE_DISCARD(0x1277, 0x8010641fL, 0x80106488L),
    DEVICE_ZERO(0x127f, ABSENT, ABSENT),

    // ioctl(2) on terminals, signal(3)
    TIOCGWINSZ(0x5413, 0x40087468L, 0x40087468L),
    TIOCSWINSZ(0x5414, 0x80087467L, 0x80087467L),
    SIGSTOP(19, 17, 17);

    /// Stands in a row for a host that has no such number.
    static final class Absent {
        static final long ABSENT = Long.MIN_VALUE;

        private Absent() {}
    }

    private final long linuxX86;
    private final long linuxArm;
    private final long macos;
    private final long freebsd;

    AbiNumber(long linux, long macos, long freebsd) {
        this(linux, linux, macos, freebsd);
    }

    AbiNumber(long linuxX86, long linuxArm, long macos, long freebsd) {
        this.linuxX86 = linuxX86;
        this.linuxArm = linuxArm;
        this.macos = macos;
        this.freebsd = freebsd;
    }

    /// The number on this host.
    ///
    /// @throws UnsupportedOperationException if this host or the one that is played has none
    int value() {
        HostAbi abi = HostAbi.current();
        return on(existsOn(HostAbi.limit()) ? abi : HostAbi.limit());
    }

    /// The number on this host, or `other` if it or the one that is played has none.
    int or(int other) {
        return isUsable() ? value() : other;
    }

    @Override
    public boolean isUsable() {
        return existsOn(HostAbi.current()) && existsOn(HostAbi.limit());
    }

    /// The number on a given host.
    ///
    /// @throws UnsupportedOperationException if that host has none
    int on(HostAbi abi) {
        if (!existsOn(abi)) {
            throw new UnsupportedOperationException(abi + " has no " + name());
        }
        return (int) raw(abi);
    }

    @Override
    public boolean existsOn(HostAbi abi) {
        return raw(abi) != ABSENT;
    }

    private long raw(HostAbi abi) {
        return switch (abi) {
            case LINUX_X86_64 -> linuxX86;
            case LINUX_AARCH64 -> linuxArm;
            case MACOS_X86_64, MACOS_AARCH64 -> macos;
            case FREEBSD -> freebsd;
        };
    }
}
