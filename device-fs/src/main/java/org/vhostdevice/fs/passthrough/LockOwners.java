package org.vhostdevice.fs.passthrough;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.fs.vfs.FsException;

/// The processes of the guest, and its open files, that have locks on bytes of one file. Each has an open file of its
/// own
/// here, to which the host's locks belong. Any thread.
final class LockOwners implements AutoCloseable {
    private final FdBudget budget;

    /// What an owner has.
    ///
    /// @param fd to which the host's locks belong
    /// @param handle the guest's open file through which it got a lock last
    private record Owned(int fd, long handle) {}

    // Guarded by this.
    private @Nullable Map<Long, Owned> files;

    /// @param budget for open files
    LockOwners(FdBudget budget) {
        this.budget = budget;
    }

    /// Opens the file once more.
    @FunctionalInterface
    interface Opener {
        int open() throws FsException;
    }

    /// What is done with an owner's descriptor.
    @FunctionalInterface
    interface Use {
        /// {@return whether the owner has a lock now, or may have}
        boolean with(int fd) throws FsException;
    }

    /// Does something with the descriptor of an owner, which is opened for that if there is none yet, and kept if the
    /// owner has a lock afterwards.
    ///
    /// @param owner a number of the guest
    /// @param handle the guest's open file through which it asks
    synchronized void use(long owner, long handle, Opener opener, Use use) throws FsException {
        Owned known = files == null ? null : files.get(owner);
        if (known != null) {
            if (use.with(known.fd())) {
                keep(owner, new Owned(known.fd(), handle));
            }
            return;
        }
        budget.take(Errno.ENOLCK);
        int fd = Inode.NONE;
        boolean kept = false;
        try {
            fd = opener.open();
            kept = use.with(fd);
        } finally {
            if (kept) {
                keep(owner, new Owned(fd, handle));
            } else {
                drop(fd);
            }
        }
    }

    private void keep(long owner, Owned owned) {
        if (files == null) {
            files = new HashMap<>();
        }
        files.put(owner, owned);
    }

    private void drop(int fd) {
        if (fd != Inode.NONE) {
            FileCalls.close(fd);
        }
        budget.give();
    }

    /// Ends all locks of an owner.
    synchronized void end(long owner) {
        Owned owned = files == null ? null : files.remove(owner);
        if (owned != null) {
            drop(owned.fd());
        }
    }

    /// Ends the locks that were taken through an open file of the guest, which is closed. Those of processes have
    /// ended before, with the process's first close of the file; nobody else tells the end of those that belong to
    /// the open file itself (`F_OFD_SETLK`).
    synchronized void endHandle(long handle) {
        if (files != null) {
            files.values().removeIf(owned -> {
                boolean over = owned.handle() == handle;
                if (over) {
                    drop(owned.fd());
                }
                return over;
            });
        }
    }

    @Override
    public synchronized void close() {
        if (files != null) {
            files.values().forEach(owned -> drop(owned.fd()));
            files = null;
        }
    }
}
