package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The users and groups on whose behalf single threads of a process of root act, on Linux. The kernel keeps them
/// for each thread; other threads go on as they are.
///
/// While a thread acts for somebody else it has no capability, unless his further groups are unknown
/// ([#assumeInAnyGroup]). It must not start threads then. Its own further groups are gone from the first time
/// on.
public final class Credentials {
    /// The number of nobody's user and group, by which calls mean that they leave what is.
    private static final int NOBODY = -1;

    private static final int SETGROUPS = AbiNumber.SYS_SETGROUPS.or(-1);
    private static final int SETRESGID = AbiNumber.SYS_SETRESGID.or(-1);
    private static final int SETRESUID = AbiNumber.SYS_SETRESUID.or(-1);

    private static final ThreadLocal<Credentials> OF_THREAD = ThreadLocal.withInitial(Credentials::new);

    private final MemorySegment group = Arena.ofAuto().allocate(JAVA_INT);
    private final ThreadCapabilities capabilities = ThreadCapabilities.ofThisThread();
    private boolean otherUser;
    private boolean otherGroup;
    private boolean otherGroups;

    /// Who this process is, when no thread is somebody else.
    private static final class Own {
        static final int UID = Downcall.toInt(Symbol.GETEUID, 0);
        static final int GID = Downcall.toInt(Symbol.GETEGID, 0);

        private Own() {}
    }

    private Credentials() {
        int _ = call(SETGROUPS, 0, 0, 0); // refused in user namespaces whose groups are fixed
    }

    /// {@return the user of this process}
    public static int uid() {
        return Own.UID;
    }

    /// {@return the group of this process}
    public static int gid() {
        return Own.GID;
    }

    /// {@return whether threads of this process may act for others: it is root, at least of its user namespace}
    public static boolean possible() {
        return Capability.THREAD_CREDENTIALS.available()
                && Own.UID == 0
                && ThreadCapabilities.ofThisThread().has(LinuxCapability.SETUID, LinuxCapability.SETGID);
    }

    /// Lets the calling thread act for somebody, until [#restore]. Root, user or group, is who this process is
    /// already.
    ///
    /// @param uid the user
    /// @param gid the group
    /// @param further one more group, or -1
    /// @return 0, or a negated error number; the thread is itself again then
    public static int assume(int uid, int gid, int further) {
        return OF_THREAD.get().change(uid, gid, further, false);
    }

    /// As [#assume], for somebody who may be in any other group: file permissions are not checked.
    ///
    /// @param uid the user
    /// @param gid the group
    /// @return 0, or a negated error number; the thread is itself again then
    public static int assumeInAnyGroup(int uid, int gid) {
        return OF_THREAD.get().change(uid, gid, NOBODY, true);
    }

    /// Lets the calling thread be itself again; it may have been so all the time.
    ///
    /// @throws IllegalStateException if the kernel refuses: the thread must do nothing more then
    public static void restore() {
        OF_THREAD.get().undo();
    }

    private int change(int uid, int gid, int further, boolean anyGroup) {
        undo();
        if (uid == NOBODY || gid == NOBODY) {
            return -Errno.EINVAL.number();
        }
        int result = 0;
        boolean override = anyGroup;
        if (further != NOBODY) {
            group.set(JAVA_INT, 0, further);
            result = call(SETGROUPS, 1, group.address(), 0);
            otherGroups = result == 0;
        }
        if (result == 0 && gid != Own.GID && gid != 0) {
            result = call(SETRESGID, NOBODY, gid, NOBODY);
            otherGroup = result == 0;
        }
        if (result == 0 && uid != Own.UID) {
            result = call(SETRESUID, NOBODY, uid, NOBODY);
            otherUser = result == 0;
            if (otherUser && override) {
                result = capabilities.regain(LinuxCapability.DAC_OVERRIDE);
            }
        }
        if (result < 0) {
            undo();
        }
        return result;
    }

    private void undo() {
        // The user first: root may change the rest.
        if (otherUser) {
            check(call(SETRESUID, NOBODY, Own.UID, NOBODY));
            otherUser = false;
        }
        if (otherGroup) {
            check(call(SETRESGID, NOBODY, Own.GID, NOBODY));
            otherGroup = false;
        }
        if (otherGroups) {
            check(call(SETGROUPS, 0, 0, 0));
            otherGroups = false;
        }
    }

    private static int call(int number, long a, long b, long c) {
        return (int) Downcall.systemCall(number, a, b, c, 0, 0, 0);
    }

    private static void check(int result) {
        if (result < 0) {
            throw new IllegalStateException(
                    "a thread cannot be itself again: " + Errno.of(-result).description());
        }
    }
}
