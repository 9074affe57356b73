package org.vhostdevice.fs.fuse;

import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;

/// What the server can do of what guests offer in INIT, by the number of its bit (`FUSE_` in `linux/fuse.h`).
enum InitFlag {
    /// Several reads of a file at once.
    ASYNC_READ(0),
    /// Locks of bytes are those of the host.
    POSIX_LOCKS(1),
    /// `O_TRUNC` is passed on with OPEN.
    ATOMIC_O_TRUNC(3),
    /// Writes of more than 4 KiB.
    BIG_WRITES(5),
    /// The guest does not apply the umask.
    DONT_MASK(6),
    /// Locks of files are those of the host.
    FLOCK_LOCKS(10),
    /// IOCTL on directories.
    HAS_IOCTL_DIR(11),
    /// The guest drops its data of a file that has changed.
    AUTO_INVAL_DATA(12),
    /// READDIRPLUS is there.
    DO_READDIRPLUS(13),
    /// The guest decides when to use READDIRPLUS.
    READDIRPLUS_AUTO(14),
    /// Reads and writes past the guest's cache, several at once.
    ASYNC_DIO(15),
    /// The guest keeps what it writes for a while.
    WRITEBACK_CACHE(16),
    /// Several operations in one directory at once.
    PARALLEL_DIROPS(18),
    /// Access lists are honoured.
    POSIX_ACL(20),
    /// The answer to INIT has the largest size of a request.
    MAX_PAGES(22),
    /// The guest may keep what symbolic links say.
    CACHE_SYMLINKS(23),
    /// Mounts below the root are told.
    SUBMOUNTS(27),
    /// The host takes away privileges of files that change.
    HANDLE_KILLPRIV_V2(28),
    /// SETXATTR has flags of its own.
    SETXATTR_EXT(29),
    /// There are more than 32 flags.
    INIT_EXT(30),
    /// Files are made with a security label.
    SECURITY_CTX(32),
    /// Files are made with the group of the directory, if the caller is in it.
    CREATE_SUPP_GROUP(34),
    /// Files without data in the guest's cache may be mapped.
    DIRECT_IO_ALLOW_MMAP(36),
    /// The guest may mount with other owners.
    ALLOW_IDMAP(40);

    private final int bit;

    InitFlag(int bit) {
        this.bit = bit;
    }

    /// {@return its bit; those above 31 are in `flags2`}
    long mask() {
        return 1L << bit;
    }

    /// {@return the bits of all that the server does with these options}
    static long supported(FuseOptions options) {
        long mask = 0;
        for (InitFlag flag : values()) {
            mask |= flag.isSupported(options) ? flag.mask() : 0;
        }
        return mask;
    }

    private boolean isSupported(FuseOptions options) {
        return switch (this) {
            case POSIX_LOCKS -> !options.has(Ability.GUEST_LOCKS) && Capability.OFD_LOCKS.available();
            case FLOCK_LOCKS -> !options.has(Ability.GUEST_LOCKS);
            case DO_READDIRPLUS -> options.readdirplus() != Readdirplus.NEVER;
            case READDIRPLUS_AUTO -> options.readdirplus() == Readdirplus.AUTO;
            case WRITEBACK_CACHE -> options.has(Ability.WRITEBACK);
            case POSIX_ACL, DONT_MASK, SETXATTR_EXT -> options.has(Ability.POSIX_ACL);
            case CACHE_SYMLINKS -> options.cache() == CachePolicy.ALWAYS || options.cache() == CachePolicy.METADATA;
            case SUBMOUNTS -> options.has(Ability.SUBMOUNTS);
            case HANDLE_KILLPRIV_V2 -> options.has(Ability.KILLPRIV_V2);
            case SECURITY_CTX -> options.has(Ability.SECURITY_LABEL);
            case DIRECT_IO_ALLOW_MMAP -> options.has(Ability.ALLOW_MMAP);
            default -> true;
        };
    }
}
