package org.vhostdevice.fs.fuse;

import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.fs.vfs.FileLock;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// Requests about locks.
final class LockRequests {
    private static final int FLOCK = 1;
    private static final int EAGAIN = Errno.linux(Errno.EAGAIN.number());

    private final FileSystem files;

    LockRequests(FileSystem files) {
        this.files = files;
    }

    void getlk(FuseCall call) throws FsException {
        long handle = call.in().u64();
        FileLock found = files.getlk(call.caller(), call.node(), handle, lock(call.in()));
        ReplyWriter out = call.out();
        out.u64(found.start());
        out.u64(found.end());
        out.u32(found.type());
        out.u32(found.pid());
    }

    /// Takes a lock or gives it back.
    ///
    /// @param waits whether it waits for a lock that somebody else has
    /// @return false if it has to wait
    boolean setlk(FuseCall call, boolean waits) throws FsException {
        long handle = call.in().u64();
        FileLock lock = lock(call.in());
        try {
            files.setlk(call.caller(), call.node(), handle, lock);
            return true;
        } catch (FsException e) {
            if (waits && e.errno() == EAGAIN) {
                return false;
            }
            throw e;
        }
    }

    private static FileLock lock(RequestReader in) throws FsException {
        long owner = in.u64();
        long start = in.u64();
        long end = in.u64();
        int type = in.u32();
        int pid = in.u32();
        boolean whole = (in.u32() & FLOCK) != 0;
        if (start < 0 || end < start || type < FileCalls.READ_LOCK || type > FileCalls.UNLOCK) {
            throw RequestReader.invalid();
        }
        return new FileLock(owner, start, end, type, pid, whole);
    }
}
