package org.vhostdevice.vsock.host;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// The guests that one process serves. Those that have a group in common reach each other by their context ids. Any
/// thread.
public final class Siblings {
    private final ConcurrentMap<Long, SiblingPorts> all = new ConcurrentHashMap<>();

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

    void remove(long cid) {
        SiblingPorts _ = all.remove(cid);
    }

    @Nullable
    SiblingPorts find(long cid) {
        return all.get(cid);
    }
}
