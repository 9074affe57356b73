package org.vhostdevice.core.sys;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/// Ways in which a process gives up what it can see and do.
///
/// What is said to be of the calling thread is inherited by threads that it starts and by the program that takes
/// this one's place ([Program#replace]), and by nothing else.
public final class Isolation {
    /// A mount namespace of its own.
    public static final int MOUNTS = 0x2_0000;

    /// A namespace of its own for host names.
    public static final int HOST_NAMES = 0x400_0000;

    /// A namespace of its own for System V objects and message queues.
    public static final int IPC = 0x800_0000;

    /// A network of its own, which has no interfaces.
    public static final int NETWORK = 0x4000_0000;

    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PRCTL = AbiNumber.SYS_PRCTL.or(-1);
    private static final int SETGROUPS = AbiNumber.SYS_SETGROUPS.or(-1);
    private static final Path MOST_OPEN_FILES = Path.of("/proc/sys/fs/nr_open");

    private Isolation() {}

    /// {@return whether this process is root}
    public static boolean isRoot() {
        return user() == 0;
    }

    /// {@return the user whose permissions this process has}
    public static int user() {
        return Downcall.toInt(Symbol.GETEUID, 0);
    }

    /// {@return the group whose permissions this process has}
    public static int group() {
        return Downcall.toInt(Symbol.GETEGID, 0);
    }

    /// Gives the calling thread namespaces of its own, on Linux.
    ///
    /// @param namespaces a sum of constants of this class
    /// @throws ErrnoException if the host refuses: this takes `CAP_SYS_ADMIN`
    public static void unshare(int namespaces) throws ErrnoException {
        ErrnoException.check("unshare", Downcall.toInt(Symbol.UNSHARE, namespaces));
    }

    /// Makes a directory the root directory of this process, for all threads that have not been separated from
    /// it. The working directory stays, even outside of it.
    ///
    /// @param directory where all names that begin with a slash begin from now on
    /// @throws ErrnoException if the host refuses: this takes root
    public static void changeRoot(Path directory) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = NativePath.allocate(directory, arena);
            ErrnoException.check("chroot", directory, Downcall.toInt(Symbol.CHROOT, path, 0, 0));
        }
    }

    /// Makes a directory the working directory of this process, for all threads that have not been separated
    /// from it. The JVM does not know of it.
    ///
    /// @param directory the new one
    /// @throws ErrnoException if the host refuses
    public static void changeDirectory(Path directory) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = NativePath.allocate(directory, arena);
            ErrnoException.check("chdir", directory, Downcall.toInt(Symbol.CHDIR, path, 0, 0));
        }
    }

    /// Takes all further groups from the calling thread, on Linux.
    ///
    /// @throws ErrnoException if the host refuses: this takes `CAP_SETGID`
    public static void dropGroups() throws ErrnoException {
        ErrnoException.check("setgroups", Downcall.systemCall(SETGROUPS, 0, 0, 0, 0, 0, 0));
    }

    /// Sees to it that the calling thread can never get more than it has, on Linux.
    ///
    /// @throws ErrnoException if the host refuses
    public static void forbidNewPrivileges() throws ErrnoException {
        ErrnoException.check("PR_SET_NO_NEW_PRIVS", prctl(PR_SET_NO_NEW_PRIVS, 1));
    }

    /// Takes all capabilities but these from the calling thread, and from what it is started anew as, for ever,
    /// on Linux. The thread has a capability only if it had it before.
    ///
    /// @param kept the capabilities
    /// @throws ErrnoException if the host refuses: this takes `CAP_SETPCAP`
    public static void keepCapabilities(Set<LinuxCapability> kept) throws ErrnoException {
        for (LinuxCapability capability : LinuxCapability.values()) {
            if (!kept.contains(capability)) {
                int result = prctl(PR_CAPBSET_DROP, Long.numberOfTrailingZeros(capability.bit()));
                // Those that are newer than the kernel are unknown.
                ErrnoException.check("PR_CAPBSET_DROP " + capability, result == -Errno.EINVAL.number() ? 0 : result);
            }
        }
        limitCapabilities(kept);
    }

    /// Takes all capabilities but these from the calling thread, on Linux.
    ///
    /// @param kept the capabilities
    /// @throws ErrnoException if the host refuses
    public static void limitCapabilities(Set<LinuxCapability> kept) throws ErrnoException {
        long bits = kept.stream().mapToLong(LinuxCapability::bit).sum();
        ErrnoException.check("capset", ThreadCapabilities.ofThisThread().limit(bits));
    }

    private static int prctl(int operation, long argument) {
        return (int) Downcall.systemCall(PRCTL, operation, argument, 0, 0, 0, 0);
    }

    /// Sets how many descriptors this process may have open.
    ///
    /// @param most 1 or more
    /// @throws ErrnoException if the host refuses, as for others than root beyond the limit that they were given
    public static void limitOpenFiles(long most) throws ErrnoException {
        Host.limitOpenFiles(most, most);
    }

    /// Says how many descriptors a process of root may have open on this host.
    ///
    /// @return `fs.nr_open` on Linux; otherwise as many as this process may get
    /// @throws IOException if that cannot be found out
    public static long mostOpenFiles() throws IOException {
        if (Capability.PROC_FDS.available()) {
            // In one piece: the kernel gives no second one.
            try (BufferedReader reader = Files.newBufferedReader(MOST_OPEN_FILES)) {
                return Long.parseLong(reader.readLine());
            }
        }
        return hardLimitOfOpenFiles();
    }

    /// Says how many descriptors this process may get without being root.
    ///
    /// @return the hard `RLIMIT_NOFILE`
    /// @throws ErrnoException if `getrlimit(2)` fails
    public static long hardLimitOfOpenFiles() throws ErrnoException {
        return Host.limit(Host.Resource.OPEN_FILES).hard();
    }
}
