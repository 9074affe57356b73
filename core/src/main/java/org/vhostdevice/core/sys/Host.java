package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;

/// Facts about this host and process, and permissions of its files.
public final class Host {
    private static final int PERMISSION_BITS = 0777;

    private static final String PAGE_SIZE = "vhost.page-size";

    private static final class Page {
        static final long SIZE =
                pageSize(Libc.sysconf(AbiNumber.SC_PAGESIZE.value()), System.getProperty(PAGE_SIZE, ""));

        private Page() {}
    }

    private Host() {}

    /// Bytes of a page of memory, a power of two; a mapping starts at a multiple of it.
    ///
    /// The property `vhost.page-size`, and a host that is played, make them larger than they are, never smaller.
    ///
    /// @return 4096, 16384 or 65536 on the hosts known
    public static long pageSize() {
        return Page.SIZE;
    }

    static long pageSize(long own, String asked) {
        if (asked.isEmpty()) {
            return Math.max(own, HostAbi.limit().pageSize());
        }
        long size;
        try {
            size = Long.parseLong(asked);
        } catch (NumberFormatException e) {
            size = 0;
        }
        if (size < own || Long.bitCount(size) != 1) {
            throw new IllegalArgumentException(
                    "-D" + PAGE_SIZE + ": '" + asked + "' is not a power of two of " + own + " or more");
        }
        return size;
    }

    /// What a process may have no more of than its limit.
    public enum Resource {
        /// Descriptors (`RLIMIT_NOFILE`).
        OPEN_FILES(AbiNumber.RLIMIT_NOFILE),
        /// Bytes of memory that cannot be swapped (`RLIMIT_MEMLOCK`).
        LOCKED_MEMORY(AbiNumber.RLIMIT_MEMLOCK),
        /// Processes of a user, on Linux threads (`RLIMIT_NPROC`).
        PROCESSES(AbiNumber.RLIMIT_NPROC);

        private final AbiNumber number;

        Resource(AbiNumber number) {
            this.number = number;
        }
    }

    /// How much of a resource this process may have.
    ///
    /// @param soft the limit, [Long#MAX_VALUE] if there is none
    /// @param hard what the process may raise it to, [Long#MAX_VALUE] for anything
    public record Limit(long soft, long hard) {}

    /// How much of a resource this process may have.
    ///
    /// @param resource what
    /// @return its limits
    /// @throws ErrnoException if `getrlimit(2)` fails
    public static Limit limit(Resource resource) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = arena.allocate(16, 8);
            ErrnoException.check("getrlimit", Libc.getrlimit(resource.number.value(), limit));
            return new Limit(finite(limit.get(JAVA_LONG, 0)), finite(limit.get(JAVA_LONG, 8)));
        }
    }

    /// No limit is all bits on Linux, and all but the sign on the others.
    private static long finite(long limit) {
        return limit < 0 ? Long.MAX_VALUE : limit;
    }

    /// How many descriptors this process may have open.
    ///
    /// @return the soft `RLIMIT_NOFILE`
    /// @throws ErrnoException if `getrlimit(2)` fails
    public static long rlimitNofile() throws ErrnoException {
        return limit(Resource.OPEN_FILES).soft();
    }

    /// Lets this process have more descriptors open, as far as that is possible, and never fewer.
    ///
    /// @param wanted how many
    /// @return how many it may have now: perhaps more than wanted, or fewer where the hard limit is lower and this
    ///     process may not raise that
    /// @throws ErrnoException if `getrlimit(2)` fails
    public static long allowOpenFiles(long wanted) throws ErrnoException {
        long hard = Isolation.hardLimitOfOpenFiles();
        boolean enough = Long.compareUnsigned(hard, wanted) >= 0;
        if (rlimitNofile() < wanted && (enough || !mayLimitOpenFiles(wanted, wanted))) {
            boolean _ = mayLimitOpenFiles(enough ? wanted : hard, hard);
        }
        return rlimitNofile();
    }

    private static boolean mayLimitOpenFiles(long soft, long hard) {
        try {
            limitOpenFiles(soft, hard);
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }

    static void limitOpenFiles(long soft, long hard) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = arena.allocate(JAVA_LONG, 2);
            limit.setAtIndex(JAVA_LONG, 0, soft);
            limit.setAtIndex(JAVA_LONG, 1, hard);
            ErrnoException.check("setrlimit", Libc.setrlimit(AbiNumber.RLIMIT_NOFILE.value(), limit));
        }
    }

    /// Sets which permission bits new files of this process do not get, for all of its threads.
    ///
    /// @param mask permission bits 0 to 0777
    /// @return the mask before
    public static int umask(int mask) {
        return Libc.umask(mask);
    }

    /// Sets the permissions of a file.
    ///
    /// @param path a file of ours; a symbolic link is followed
    /// @param mode permission bits 0 to 0777
    /// @throws IOException if the host refuses
    public static void chmod(Path path, int mode) throws IOException {
        if ((mode & ~PERMISSION_BITS) != 0) {
            throw new IllegalArgumentException("permissions " + Integer.toOctalString(mode) + " are not in 0 to 777");
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions(mode)));
    }

    /// Permission bits as `ls` shows them.
    static String permissions(int mode) {
        StringBuilder result = new StringBuilder("rwxrwxrwx");
        for (int i = 0; i < result.length(); i++) {
            if ((mode & (0400 >> i)) == 0) {
                result.setCharAt(i, '-');
            }
        }
        return result.toString();
    }

    /// Gives a file to a group.
    ///
    /// @param path a file of ours; a symbolic link is followed
    /// @param group name or number
    /// @throws java.nio.file.attribute.UserPrincipalNotFoundException if there is no such group
    /// @throws IOException if the host refuses
    public static void chownGroup(Path path, String group) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        view.setGroup(path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group));
    }
}
