package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.Credentials;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.NodeRef;
import org.vhostdevice.fs.vfs.FsException;

/// Files of the user of this process are root's in the guest, those of all others nobody's. Changes of owners are
/// accepted and do nothing, so that programs that unpack archives as root go on.
record SquashOwners(NodeCalls calls, int uid, int gid) implements Owners {
    private static final int NOBODY = 65534;

    static SquashOwners of(NodeCalls calls) {
        return new SquashOwners(calls, Credentials.uid(), Credentials.gid());
    }

    @Override
    public void show(NodeRef node, FileStat stat) {
        stat.override(stat.mode(), stat.uid() == uid ? 0 : NOBODY, stat.gid() == gid ? 0 : NOBODY);
    }

    @Override
    public void setMode(NodeRef node, int mode) throws FsException {
        FsException.throwIf(calls.setMode(node, mode));
    }

    @Override
    public void setOwner(NodeRef node, int newUid, int newGid) {}
}
