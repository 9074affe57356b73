package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Owners are those of the host.
record HostOwners(NodeCalls calls) implements Owners {
    @Override
    public void begin(Caller caller) throws FsException {}

    @Override
    public void end() {}

    @Override
    public int hostMode(int mode) {
        return mode;
    }

    @Override
    public void made(Caller caller, int fd, int mode) {}

    @Override
    public void show(int node, FileStat stat) {}

    @Override
    public void setMode(int node, int mode) throws FsException {
        FsException.check(calls.setMode(node, mode));
    }

    @Override
    public void setOwner(int node, int uid, int gid) throws FsException {
        FsException.check(calls.setOwner(node, uid, gid));
    }
}
