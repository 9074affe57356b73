package org.vhostdevice.core.sys;

/// Flags of `open(2)` under their names, with this host's numbers.
public final class OpenFlags {
    /// For reading only.
    public static final int READ_ONLY = 0;

    /// For writing only.
    public static final int WRITE_ONLY = 1;

    /// For reading and writing.
    public static final int READ_WRITE = 2;

    /// The bits of these three, the same on every host.
    public static final int ACCESS_MODE = 3;

    /// Make the file if there is none.
    public static final int CREATE = AbiNumber.O_CREAT.value();

    /// Fail if there is one.
    public static final int EXCLUSIVE = AbiNumber.O_EXCL.value();

    /// Cut it to no bytes.
    public static final int TRUNCATE = AbiNumber.O_TRUNC.value();

    /// A directory only.
    public static final int DIRECTORY = AbiNumber.O_DIRECTORY.value();

    /// Do not wait for the other end of a FIFO.
    public static final int NONBLOCK = AbiNumber.O_NONBLOCK.value();

    /// Close when another program is executed.
    public static final int CLOSE_ON_EXEC = AbiNumber.O_CLOEXEC.value();

    /// A file without a name (`O_TMPFILE`); 0 on a host that has none.
    public static final int TEMPORARY = AbiNumber.O_TMPFILE.or(0);

    private static final int NOATIME = AbiNumber.O_NOATIME.or(0);
    private static final int DIRECT = AbiNumber.O_DIRECT.or(0);

    // Numbers of a Linux guest, whose processor is taken to be of the kind of this host's.
    private static final HostAbi GUEST = switch (HostAbi.current()) {
        case LINUX_AARCH64, MACOS_AARCH64 -> HostAbi.LINUX_AARCH64;
        default -> HostAbi.LINUX_X86_64;
    };
    private static final int GUEST_TRUNC = AbiNumber.O_TRUNC.on(GUEST);
    private static final int GUEST_EXCL = AbiNumber.O_EXCL.on(GUEST);
    private static final int GUEST_APPEND = AbiNumber.O_APPEND.on(GUEST);
    private static final int GUEST_DIRECT = AbiNumber.O_DIRECT.on(GUEST);
    private static final int GUEST_NOATIME = AbiNumber.O_NOATIME.on(GUEST);
    private static final int GUEST_SYNC = AbiNumber.O_SYNC.on(GUEST);
    private static final int GUEST_DSYNC = AbiNumber.O_DSYNC.on(GUEST);

    private OpenFlags() {}

    /// Translates the flags that matter once a file is found; those that say how to find or make it are left out.
    ///
    /// @param guest flags of a Linux guest
    /// @param direct whether `O_DIRECT` is honoured
    /// @param noAccessTime whether `O_NOATIME` is honoured
    /// @param append whether `O_APPEND` is; if not, the guest does that itself
    /// @return access mode, `O_TRUNC`, `O_SYNC`, `O_DSYNC`, and what is honoured
    public static int fromGuest(int guest, boolean direct, boolean noAccessTime, boolean append) {
        int flags = guest & ACCESS_MODE;
        flags |= (guest & GUEST_TRUNC) != 0 ? TRUNCATE : 0;
        if ((guest & GUEST_SYNC) == GUEST_SYNC) {
            flags |= AbiNumber.O_SYNC.value();
        } else if ((guest & GUEST_DSYNC) != 0) {
            flags |= AbiNumber.O_DSYNC.value();
        }
        flags |= direct && (guest & GUEST_DIRECT) != 0 ? DIRECT : 0;
        flags |= noAccessTime && (guest & GUEST_NOATIME) != 0 ? NOATIME : 0;
        flags |= append && (guest & GUEST_APPEND) != 0 ? AbiNumber.O_APPEND.value() : 0;
        return flags;
    }

    /// Whether a guest wants its file made only if there is none.
    ///
    /// @param guest flags of a Linux guest
    /// @return whether `O_EXCL` is set
    public static boolean isExclusive(int guest) {
        return (guest & GUEST_EXCL) != 0;
    }
}
