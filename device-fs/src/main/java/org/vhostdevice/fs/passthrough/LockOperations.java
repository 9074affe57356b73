package org.vhostdevice.fs.passthrough;

import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.OpenFlags;
import org.vhostdevice.fs.vfs.FileLock;
import org.vhostdevice.fs.vfs.FsException;

/// Locks of the guest's processes, which are locks of the host, so that its own processes see them.
record LockOperations(Host host) {
    FileLock get(long node, long handle, FileLock wanted) throws FsException {
        FileLock[] answer = new FileLock[1];
        try (Inode inode = host.nodes().use(node)) {
            inode.locks().use(wanted.owner(), handle, () -> open(inode), fd -> {
                answer[0] = answer(wanted, conflict(fd, wanted));
                return false;
            });
        }
        return answer[0];
    }

    private static FileLock answer(FileLock wanted, FileCalls.Lock found) {
        if (found.type() == FileCalls.UNLOCK) {
            return new FileLock(wanted.owner(), 0, 0, FileCalls.UNLOCK, 0, false);
        }
        long end = found.bytes() == 0 ? Long.MAX_VALUE : found.start() + found.bytes() - 1;
        return new FileLock(wanted.owner(), found.start(), end, found.type(), 0, false);
    }

    private static FileCalls.Lock conflict(int fd, FileLock wanted) throws FsException {
        try {
            return FileCalls.conflict(fd, wanted.type(), wanted.start(), bytes(wanted));
        } catch (ErrnoException e) {
            throw FsException.of(e);
        }
    }

    void set(long node, long handle, FileLock wanted) throws FsException {
        if (wanted.whole()) {
            try (OpenFile file = host.file(handle)) {
                checkLock(FileCalls.lockWhole(file.fd(), wanted.type()));
            }
            return;
        }
        try (Inode inode = host.nodes().use(node)) {
            inode.locks().use(wanted.owner(), handle, () -> open(inode), fd -> {
                checkLock(FileCalls.lock(fd, wanted.type(), wanted.start(), bytes(wanted)));
                return wanted.type() != FileCalls.UNLOCK;
            });
        }
    }

    /// Ends the locks of an owner.
    void end(long node, long owner) throws FsException {
        try (Inode inode = host.nodes().useAsIs(node)) {
            inode.locks().end(owner);
        }
    }

    /// Ends the locks taken through an open file, which is closed.
    void endHandle(long node, long handle) {
        try (Inode inode = host.nodes().useAsIs(node)) {
            inode.locks().endHandle(handle);
        } catch (FsException e) {
            // the file is forgotten, and its locks are with it
        }
    }

    private static void checkLock(int result) throws FsException {
        if (result < 0 && Errno.of(-result) == Errno.EACCES) {
            throw FsException.of(Errno.EAGAIN); // POSIX allows both
        }
        FsException.throwIf(result);
    }

    private static long bytes(FileLock lock) {
        return lock.end() == Long.MAX_VALUE ? 0 : lock.end() - lock.start() + 1;
    }

    /// For reading and writing if possible, since a lock needs the right to do what it excludes.
    private int open(Inode inode) throws FsException {
        try {
            return host.reopen(inode, OpenFlags.READ_WRITE);
        } catch (FsException e) {
            return host.reopen(inode, OpenFlags.READ_ONLY);
        }
    }
}
