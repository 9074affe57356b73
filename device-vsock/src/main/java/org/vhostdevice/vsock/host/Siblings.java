package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.Host;

/// The guests that one process serves. Those that have a group in common reach each other by their context ids. Any
/// thread.
public final class Siblings {
    private static final System.Logger LOGGER = System.getLogger(Siblings.class.getName());

    /// What the process opens beside connections.
    private static final int OTHER_FILES = 256;

    private final ConcurrentMap<Long, SiblingPorts> all = new ConcurrentHashMap<>();
    private final AtomicLong connections = new AtomicLong();

    /// Makes an object without guests.
    public Siblings() {}

    /// Adds a guest, until its side is closed.
    ///
    /// @param cid    its context id
    /// @param groups that it belongs to
    /// @return the guest's side
    /// @throws IllegalArgumentException if another guest has the context id
    public SiblingPorts add(long cid, Set<String> groups) {
        SiblingPorts side = new SiblingPorts(this, cid, groups);
        if (all.putIfAbsent(cid, side) != null) {
            throw new IllegalArgumentException("two guests have the context id " + cid);
        }
        return side;
    }

    /// Lets the process have as many files open as connections of one more guest take, or says that it cannot.
    ///
    /// @param most connections of the guest at a time
    /// @throws IOException if the host does not say how many there may be
    public void allowConnections(int most) throws IOException {
        long wanted = connections.addAndGet(most);
        long allowed = Host.allowOpenFiles(OTHER_FILES + wanted) - OTHER_FILES;
        if (allowed < wanted) {
            LOGGER.log(
                    Level.WARNING,
                    "the limit of open files is enough for about " + Math.max(0, allowed) + " connections, not for "
                            + wanted + ": raise it (ulimit -Hn, or LimitNOFILE= of systemd), or say --max-connections");
        }
    }

    void remove(long cid) {
        SiblingPorts _ = all.remove(cid);
    }

    @Nullable
    SiblingPorts find(long cid) {
        return all.get(cid);
    }
}
