package org.vhostdevice.core.sys;

/// The permissions that new files of one thread do not get (`umask(2)`), which otherwise all threads of a process
/// share.
public final class ThreadUmask {
    private static final int CLONE_FS = 0x200;
    private static final int UNKNOWN = -1;
    private static final int SHARED = -2;

    private static final ThreadLocal<int[]> CURRENT = ThreadLocal.withInitial(() -> new int[] {separate()});

    private ThreadUmask() {}

    /// {@return whether threads of this host can have masks of their own}
    public static boolean possible() {
        return Symbol.UNSHARE.isUsable();
    }

    private static int separate() {
        boolean separated = Symbol.UNSHARE.isUsable() && Downcall.toInt(Symbol.UNSHARE, CLONE_FS) == 0;
        return separated ? UNKNOWN : SHARED;
    }

    /// Sets the mask of the calling thread. From the first time on the thread also has a working directory and a root
    /// of its own, which begin as those of the process.
    ///
    /// @param mask permissions 0 to 0777
    /// @return false if this host has one mask for all threads, which is left as it is
    public static boolean set(int mask) {
        int[] current = CURRENT.get();
        if (current[0] == SHARED) {
            return false;
        }
        if (current[0] != mask) {
            int _ = Libc.umask(mask);
            current[0] = mask;
        }
        return true;
    }
}
