package org.vhostdevice.fs.passthrough;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.FileCalls;

/// The processes of the guest that have locks on bytes of one file. Each has an open file of its own here, to which the
/// host's locks belong. Any thread.
final class LockOwners implements AutoCloseable {
    /// Opens the file once more.
    @FunctionalInterface
    interface Opener<E extends Exception> {
        int open() throws E;
    }

    // Guarded by this.
    private @Nullable Map<Long, Integer> files;

    /// What is done with an owner's descriptor.
    @FunctionalInterface
    interface Use<R, E extends Exception> {
        R with(int fd) throws E;
    }

    /// Does something with the descriptor of an owner, which is opened for that if there is none yet.
    ///
    /// @param owner a number of the guest
    synchronized <R, E extends Exception> R use(long owner, Opener<E> opener, Use<R, E> use) throws E {
        Map<Long, Integer> all = files;
        if (all == null) {
            all = new HashMap<>();
            files = all;
        }
        Integer known = all.get(owner);
        int fd = known == null ? opener.open() : known;
        if (known == null) {
            all.put(owner, fd);
        }
        return use.with(fd);
    }

    /// Ends all locks of an owner.
    ///
    /// @return whether there may have been some
    synchronized boolean end(long owner) {
        Map<Long, Integer> all = files;
        Integer fd = all == null ? null : all.remove(owner);
        if (fd != null) {
            FileCalls.close(fd);
        }
        return fd != null;
    }

    @Override
    public synchronized void close() {
        Map<Long, Integer> all = files;
        if (all != null) {
            all.values().forEach(FileCalls::close);
            files = null;
        }
    }
}
