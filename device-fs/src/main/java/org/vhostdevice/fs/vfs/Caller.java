package org.vhostdevice.fs.vfs;

import org.vhostdevice.core.sys.FileStat;

/// On whose behalf an operation is done, and what it gives back beyond its result. Each thread that serves requests has
/// one object and fills it again for each request.
public final class Caller {
    private static final int NO_GROUP = -1;

    private final FileStat stat = new FileStat();
    private int uid;
    private int gid;
    private boolean groupKnown;
    private long group = NO_GROUP;
    private int umask;
    private long handle;
    private boolean submount;

    /// Makes an object that nobody calls by yet.
    public Caller() {}

    /// Takes up a new request.
    ///
    /// @param newUid user in the guest
    /// @param newGid group in the guest
    public void begin(int newUid, int newGid) {
        uid = newUid;
        gid = newGid;
        groupKnown = false;
        group = NO_GROUP;
        umask = 0;
        submount = false;
    }

    /// {@return user in the guest}
    public int uid() {
        return uid;
    }

    /// {@return group in the guest}
    public int gid() {
        return gid;
    }

    /// {@return whether [#group] says all that matters; otherwise the caller may be in any group}
    public boolean groupKnown() {
        return groupKnown;
    }

    /// {@return a further group of the caller, by which it may write to a directory; negative if it has none}
    public long group() {
        return group;
    }

    /// Says that the caller has no further group that matters, unless [#alsoIn] follows.
    public void inNoOtherGroup() {
        groupKnown = true;
    }

    /// Names a further group of the caller.
    ///
    /// @param further in the guest, unsigned
    public void alsoIn(int further) {
        groupKnown = true;
        group = Integer.toUnsignedLong(further);
    }

    /// {@return permissions that a new file does not get, unless its directory has a default list; 0 if the guest has
    /// left them out itself}
    public int umask() {
        return umask;
    }

    /// Sets the permissions that a new file does not get.
    ///
    /// @param umask 0 to 0777
    public void masked(int umask) {
        this.umask = umask;
    }

    /// {@return the attributes of the file that the operation was about, where it gives some}
    public FileStat stat() {
        return stat;
    }

    /// {@return the handle of the file that was opened as it was made}
    public long handle() {
        return handle;
    }

    /// Gives back a handle.
    ///
    /// @param opened the handle
    public void opened(long opened) {
        handle = opened;
    }

    /// {@return whether the file of [#stat] is the root of another mount than its directory}
    public boolean submount() {
        return submount;
    }

    /// Says whether the file of [#stat] is the root of another mount.
    ///
    /// @param isSubmount whether it is
    public void submount(boolean isSubmount) {
        submount = isSubmount;
    }
}
