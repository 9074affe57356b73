package org.vhostdevice.core.sys;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// Descriptors that came with a message, owned by this box until they are taken out. For one thread.
public final class FdBox implements AutoCloseable {
    private final ArrayDeque<OwnedFd> fds = new ArrayDeque<>();

    /// An empty box.
    public FdBox() {}

    /// Puts a descriptor behind the others and takes it over.
    ///
    /// @param fd open
    public void add(OwnedFd fd) {
        fds.add(fd);
    }

    /// How many are in the box.
    ///
    /// @return 0 or more
    public int size() {
        return fds.size();
    }

    /// Whether the box is empty.
    ///
    /// @return whether nothing is left to take
    public boolean isEmpty() {
        return fds.isEmpty();
    }

    /// Takes the first one out; the caller owns it from now on.
    ///
    /// @return the one that came in first
    /// @throws java.util.NoSuchElementException if the box is empty
    public OwnedFd take() {
        return fds.remove();
    }

    /// Takes all out in the order they came in; the caller owns them from now on.
    ///
    /// @return a list of the caller's own
    public List<OwnedFd> takeAll() {
        List<OwnedFd> all = new ArrayList<>(fds);
        fds.clear();
        return all;
    }

    /// Those in the box, which stay its own.
    ///
    /// @return a list in the order they came in
    public List<OwnedFd> all() {
        return List.copyOf(fds);
    }

    /// Closes those that are still in the box, which can be used again.
    @Override
    public void close() {
        while (!fds.isEmpty()) {
            fds.remove().close();
        }
    }
}
