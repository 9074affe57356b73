package org.vhostdevice.fs.passthrough;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.fs.vfs.FsException;

/// The processes of the guest that have locks on bytes of one file. Each has an open file of its own here, to which the
/// host's locks belong. Any thread.
final class LockOwners implements AutoCloseable {
    private final FdBudget budget;

    // Guarded by this.
    private @Nullable Map<Long, Integer> files;

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
    synchronized void use(long owner, Opener opener, Use use) throws FsException {
        Integer known = files == null ? null : files.get(owner);
        if (known != null) {
            boolean _ = use.with(known);
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
                keep(owner, fd);
            } else {
                drop(fd);
            }
        }
    }

    private void keep(long owner, int fd) {
        if (files == null) {
            files = new HashMap<>();
        }
        files.put(owner, fd);
    }

    private void drop(int fd) {
        if (fd != Inode.NONE) {
            FileCalls.close(fd);
        }
        budget.give();
    }

    /// Ends all locks of an owner.
    synchronized void end(long owner) {
        Integer fd = files == null ? null : files.remove(owner);
        if (fd != null) {
            drop(fd);
        }
    }

    @Override
    public synchronized void close() {
        if (files != null) {
            files.values().forEach(this::drop);
            files = null;
        }
    }
}
