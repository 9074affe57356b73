package org.vhostdevice.core.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// Mounts of the calling thread's namespace, on Linux (`mount(2)`). Each call takes `CAP_SYS_ADMIN` there.
public final class Mounts {
    /// Nothing can be changed there.
    public static final int READ_ONLY = 1;

    /// Set-user-id bits mean nothing there.
    public static final int NO_SET_UID = 2;

    /// Device files cannot be opened there.
    public static final int NO_DEVICES = 4;

    /// Programs cannot be started there.
    public static final int NO_PROGRAMS = 8;

    private static final int REMOUNT = 0x20;
    private static final int BIND = 0x1000;
    private static final int RECURSIVE = 0x4000;
    private static final int SLAVE = 0x8_0000;
    private static final int DETACH = 2;
    private static final int PIVOT_ROOT = AbiNumber.SYS_PIVOT_ROOT.or(-1);

    private Mounts() {}

    /// Keeps what is mounted here from now on to this namespace; what is mounted outside still appears here.
    ///
    /// @throws ErrnoException if the host refuses
    public static void keepToThisNamespace() throws ErrnoException {
        mount("", Path.of("/"), "", RECURSIVE | SLAVE, "");
    }

    /// Mounts a file system.
    ///
    /// @param type such as `tmpfs`
    /// @param where an existing directory
    /// @param flags a sum of constants of this class
    /// @param options those of the file system, separated by commas
    /// @throws ErrnoException if the host refuses
    public static void mount(String type, Path where, int flags, String options) throws ErrnoException {
        mount(type, where, type, flags, options);
    }

    /// Shows a file or directory, with all that is mounted below it, in another place.
    ///
    /// @param from what is shown
    /// @param where an existing file or directory
    /// @throws ErrnoException if the host refuses
    public static void bind(Path from, Path where) throws ErrnoException {
        mount(from.toString(), where, "", BIND | RECURSIVE, "");
    }

    /// Changes the flags of one mount.
    ///
    /// @param where it is mounted
    /// @param flags a sum of constants of this class
    /// @throws ErrnoException if the host refuses
    public static void restrict(Path where, int flags) throws ErrnoException {
        mount("", where, "", REMOUNT | BIND | flags, "");
    }

    /// Makes a mount the root of the namespace and gives up all others.
    ///
    /// @param root where it is mounted
    /// @throws ErrnoException if the host refuses
    public static void changeRoot(Path root) throws ErrnoException {
        Isolation.changeDirectory(root);
        try (Arena arena = Arena.ofConfined()) {
            // The old root lies over the new one then, and is what goes away.
            MemorySegment here = arena.allocateFrom(".");
            long result = Downcall.systemCall(PIVOT_ROOT, here.address(), here.address(), 0, 0, 0, 0);
            ErrnoException.check("pivot_root", root, (int) result);
            ErrnoException.check("umount2", Downcall.toInt(Symbol.UMOUNT2, here, DETACH, 0));
        }
        Isolation.changeDirectory(Path.of("/"));
    }

    private static void mount(String from, Path where, String type, int flags, String options) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = NativePath.allocate(Path.of(from), arena);
            MemorySegment target = NativePath.allocate(where, arena);
            MemorySegment typeName = arena.allocateFrom(type);
            MemorySegment text = arena.allocateFrom(options);
            int result = Downcall.toInt(
                    Symbol.MOUNT, source.address(), target.address(), typeName.address(), flags, text.address(), 0);
            ErrnoException.check("mount", where, result);
        }
    }
}
