package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.Credentials;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.NodeRef;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Owners are those of the host, by numbers that a map may change. Files are made as the user that makes them in the
/// guest, so that the host does with them what it does with its own users', where this process may do that. Where
/// threads cannot, a process of root gives files away once they are made.
record HostOwners(NodeCalls calls, IdMap users, IdMap groups, boolean assumes) implements Owners {
    private static final int REFUSED = -Errno.EPERM.number();

    static HostOwners of(PassthroughOptions.Identity identity, NodeCalls calls) {
        return new HostOwners(calls, identity.users(), identity.groups(), Credentials.possible());
    }

    @Override
    public void begin(Caller caller) throws FsException {
        int uid = users.toHost(caller.uid());
        int gid = groups.toHost(caller.gid());
        if (assumes && (uid != 0 || gid != 0)) {
            FsException.throwIf(
                    caller.groupKnown()
                            ? Credentials.assume(uid, gid, further(caller))
                            : Credentials.assumeInAnyGroup(uid, gid));
        }
    }

    /// -1 for none.
    private int further(Caller caller) throws FsException {
        return caller.group() < 0 ? -1 : groups.toHost((int) caller.group());
    }

    @Override
    public void end() {
        if (assumes) {
            Credentials.restore();
        }
    }

    /// Called where threads cannot act for others: a process that may not give the file away either keeps it.
    @Override
    public void made(Caller caller, NodeRef parent, NodeRef node, int mode) throws FsException {
        if (!assumes && Credentials.uid() == 0) {
            FileStat stat = caller.stat();
            FsException.throwIf(stat.load(parent));
            int uid = users.toHost(caller.uid());
            int gid = (stat.mode() & SET_GID) == 0 ? groups.toHost(caller.gid()) : stat.gid();
            FsException.throwIf(stat.load(node));
            boolean own = stat.uid() == uid && stat.gid() == gid;
            int result = own ? 0 : calls.setOwner(node, uid, gid);
            FsException.throwIf(result == REFUSED ? 0 : result);
        }
        Owners.super.made(caller, parent, node, mode);
    }

    @Override
    public void show(NodeRef node, FileStat stat) {
        if (!users.isIdentity() || !groups.isIdentity()) {
            stat.override(stat.mode(), users.toGuest(stat.uid()), groups.toGuest(stat.gid()));
        }
    }

    @Override
    public void setMode(NodeRef node, int mode) throws FsException {
        FsException.throwIf(calls.setMode(node, mode));
    }

    @Override
    public void setOwner(NodeRef node, int uid, int gid) throws FsException {
        FsException.throwIf(
                calls.setOwner(node, uid == -1 ? -1 : users.toHost(uid), gid == -1 ? -1 : groups.toHost(gid)));
    }
}
