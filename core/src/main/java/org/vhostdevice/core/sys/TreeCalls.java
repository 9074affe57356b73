package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// System calls on names in open directories.
///
/// Names are C strings in native memory, without a check: whoever passes on a name that came from outside sees to it
/// that it is one component. A symbolic link at the end of a name is never followed. Results are as the
/// calls give them, errors as negated numbers of this host ([Errno#linux] translates). Any thread.
@SuppressWarnings("ReachabilityFenceUsage") // calls do not throw
public final class TreeCalls {
    /// Remove a directory, and nothing else ([#unlink]).
    public static final int REMOVE_DIRECTORY = AbiNumber.AT_REMOVEDIR.value();

    /// Do not replace ([#rename]); the number on Linux.
    public static final int RENAME_NOREPLACE = 1;

    /// Swap both names ([#rename]); the number on Linux.
    public static final int RENAME_EXCHANGE = 2;

    private static final int NOFOLLOW = AbiNumber.O_NOFOLLOW.value() | AbiNumber.O_CLOEXEC.value();
    private static final int NOCTTY = AbiNumber.O_NOCTTY.value();
    private static final MemorySegment SELF = Arena.global().allocateFrom(".");
    private static final int EINVAL = -Errno.EINVAL.number();

    /// Also where another host is played, whose call this one lacks.
    private static final int GETDENTS64 =
            HostOs.current() == HostOs.LINUX ? AbiNumber.SYS_GETDENTS64.on(HostAbi.current()) : -1;

    private TreeCalls() {}

    /// Opens a name (`openat(2)`), with `O_NOFOLLOW`, `O_CLOEXEC` and `O_NOCTTY` added.
    ///
    /// @param directory an open directory
    /// @param name one component
    /// @param flags of this host, see [OpenFlags]
    /// @param mode permissions of a new file
    /// @return a descriptor that the caller owns
    public static int open(int directory, MemorySegment name, int flags, int mode) {
        int all = flags | NOFOLLOW | NOCTTY;
        int result;
        do {
            result = Downcall.toInt(Symbol.OPENAT, directory, address(name), all, mode, 0, 0);
        } while (result == Libc.EINTR);
        Reference.reachabilityFence(name);
        return result;
    }

    /// Opens a directory itself, or a file without a name in it.
    ///
    /// @param directory an open directory
    /// @param flags of this host, see [OpenFlags]
    /// @param mode permissions of a new file
    /// @return a descriptor that the caller owns
    public static int openSelf(int directory, int flags, int mode) {
        return Downcall.toInt(Symbol.OPENAT, directory, SELF.address(), flags | OpenFlags.CLOSE_ON_EXEC, mode, 0, 0);
    }

    /// Makes a directory.
    ///
    /// @param directory an open directory
    /// @param name one component
    /// @param mode permissions
    /// @return 0
    public static int makeDirectory(int directory, MemorySegment name, int mode) {
        return onName(Symbol.MKDIRAT, directory, name, mode, 0);
    }

    /// Makes a file of any type but a directory or a link.
    ///
    /// @param directory an open directory
    /// @param name one component
    /// @param mode type and permissions
    /// @param device what a device file stands for, as Linux encodes it in 32 bits
    /// @return 0
    public static int makeNode(int directory, MemorySegment name, int mode, int device) {
        return onName(Symbol.MKNODAT, directory, name, mode, DeviceNumber.toHost(HostOs.current(), device));
    }

    /// Makes a symbolic link.
    ///
    /// @param target what it says, a C string
    /// @param directory an open directory
    /// @param name one component
    /// @return 0
    public static int makeSymlink(MemorySegment target, int directory, MemorySegment name) {
        int result = Downcall.toInt(Symbol.SYMLINKAT, address(target), directory, address(name));
        Reference.reachabilityFence(target);
        Reference.reachabilityFence(name);
        return result;
    }

    /// Removes a name.
    ///
    /// @param directory an open directory
    /// @param name one component
    /// @param flags 0, or [#REMOVE_DIRECTORY]
    /// @return 0
    public static int unlink(int directory, MemorySegment name, int flags) {
        return onName(Symbol.UNLINKAT, directory, name, flags, 0);
    }

    /// Gives a file another name; a symbolic link is not followed.
    ///
    /// @param from an open directory
    /// @param name one component
    /// @param to an open directory
    /// @param newName one component
    /// @return 0
    public static int link(int from, MemorySegment name, int to, MemorySegment newName) {
        int result = link(from, address(name), to, newName, 0);
        Reference.reachabilityFence(name);
        return result;
    }

    /// The same with the address of the old name, and with flags for it.
    static int link(int from, long name, int to, MemorySegment newName, int flags) {
        int result = Downcall.toInt(Symbol.LINKAT, from, name, to, address(newName), flags, 0);
        Reference.reachabilityFence(newName);
        return result;
    }

    /// Renames, within a file system.
    ///
    /// @param from an open directory
    /// @param name one component
    /// @param to an open directory
    /// @param newName one component
    /// @param flags 0 or those of Linux, which other hosts have in part: [#RENAME_NOREPLACE], [#RENAME_EXCHANGE]
    /// @return 0; `EINVAL` for flags that this host does not know
    public static int rename(int from, MemorySegment name, int to, MemorySegment newName, int flags) {
        Symbol call = Symbol.RENAMEAT;
        int hostFlags = 0;
        if (flags != 0 && Symbol.RENAMEAT2.isUsable()) {
            call = Symbol.RENAMEAT2;
            hostFlags = flags;
        } else if (flags != 0) {
            call = Symbol.RENAMEATX_NP;
            hostFlags = renameFlag(flags);
        }
        if (flags != 0 && (hostFlags == 0 || !call.isUsable())) {
            return EINVAL;
        }
        int result = Downcall.toInt(call, from, address(name), to, address(newName), hostFlags, 0);
        Reference.reachabilityFence(name);
        Reference.reachabilityFence(newName);
        return result;
    }

    /// 0 for what macOS does not know.
    private static int renameFlag(int linux) {
        return switch (linux) {
            case RENAME_NOREPLACE -> AbiNumber.RENAME_EXCL.or(0);
            case RENAME_EXCHANGE -> AbiNumber.RENAME_SWAP.or(0);
            default -> 0;
        };
    }

    private static int onName(Symbol call, int directory, MemorySegment name, long third, long fourth) {
        int result = Downcall.toInt(call, directory, address(name), third, fourth, 0, 0);
        Reference.reachabilityFence(name);
        return result;
    }

    private static long address(MemorySegment name) {
        return Libc.checked(name, 1).address();
    }

    /// Reads entries of a directory from its current position on; [DirectoryEntries] takes them apart.
    ///
    /// @param directory opened for reading
    /// @param into native memory
    /// @return bytes filled in, 0 at the end
    public static long readDirectory(int directory, MemorySegment into) {
        long bytes = into.byteSize();
        long result = switch (HostOs.current()) {
            case LINUX -> Downcall.systemCall(GETDENTS64, directory, address(into), bytes, 0, 0, 0);
            case MACOS -> ownPosition(Symbol.GETDIRENTRIES64, directory, into, bytes);
            case FREEBSD -> ownPosition(Symbol.GETDIRENTRIES, directory, into, bytes);
        };
        Reference.reachabilityFence(into);
        return result;
    }

    /// These calls also store where they began.
    private static long ownPosition(Symbol call, int directory, MemorySegment into, long bytes) {
        MemorySegment began = Arena.ofAuto().allocate(JAVA_LONG);
        long result = Downcall.toLong(call, directory, address(into), bytes, began.address(), 0, 0);
        Reference.reachabilityFence(began);
        return result;
    }

    /// Moves a directory's position.
    ///
    /// @param directory opened for reading
    /// @param offset 0, or what [DirectoryEntries#offset] said
    /// @return the position
    public static long seekDirectory(int directory, long offset) {
        return Libc.lseek(directory, offset, 0);
    }
}
