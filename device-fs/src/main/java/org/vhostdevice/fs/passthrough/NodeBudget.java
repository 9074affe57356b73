package org.vhostdevice.fs.passthrough;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

/// How many descriptors may name files. A guest may know more files than this process may have open: those that it has
/// not used for longest give their descriptor back, and get a new one when they are needed, by their handle on the
/// host or, where there are none, by where they were last seen. Any thread.
final class NodeBudget {
    private static final int BATCH = 64;
    private static final int MAX_DEPTH = 200;

    private final NodeCalls calls;
    private final FileHandles handles;
    private final int limit;
    private final AtomicInteger open = new AtomicInteger();
    private @Nullable SlotTable<Inode> nodes;
    private int hand; // guarded by this

    /// @param limit descriptors that may name files at the same time, more than 0
    NodeBudget(NodeCalls calls, FileHandles handles, int limit) {
        this.calls = calls;
        this.handles = handles;
        this.limit = limit;
    }

    void serve(SlotTable<Inode> table) {
        nodes = table;
    }

    void opened(Inode inode) {
        open.addAndGet(inode.fd() == Inode.NONE ? 0 : 1);
    }

    void closed(Inode inode) {
        open.addAndGet(inode.fd() == Inode.NONE ? 0 : -1);
    }

    /// How many descriptors name files now.
    int used() {
        return open.get();
    }

    /// Sees to it that one more descriptor is within the limit, if that is possible.
    void makeRoom() {
        if (open.get() >= limit) {
            boolean _ = spare();
        }
    }

    /// Gives some descriptors back, of files that were not used lately.
    ///
    /// @return whether there were some
    synchronized boolean spare() {
        SlotTable<Inode> table = nodes;
        int places = table == null ? 0 : table.places();
        int spared = 0;
        for (int i = 0; table != null && i < 2 * places && spared < BATCH; i++) {
            hand = hand + 1 < places ? hand + 1 : 0;
            Inode inode = table.at(hand);
            if (inode != null && inode.recent) {
                inode.recent = false;
            } else if (inode != null && spare(inode)) {
                spared++;
            }
        }
        return spared > 0;
    }

    private boolean spare(Inode inode) {
        if (inode.fd() == Inode.NONE || inode.id() == FileSystem.ROOT || !inode.trySeize()) {
            return false;
        }
        try {
            if (inode.fd() == Inode.NONE) {
                return false;
            }
            handles.remember(inode);
            if (inode.handle() == null && inode.place() == null) {
                return false; // it would not be found again
            }
            closed(inode);
            FileCalls.close(inode.fd());
            inode.fd(Inode.NONE);
            return true;
        } finally {
            inode.release();
        }
    }

    /// Opens the descriptor of a file anew, which the caller uses.
    ///
    /// @throws FsException `ESTALE` if the file is not found
    void restore(Inode inode, NodeTable table) throws FsException {
        restore(inode, table, 0);
    }

    private void restore(Inode inode, NodeTable table, int depth) throws FsException {
        makeRoom();
        synchronized (inode) {
            if (!inode.isAway()) {
                return;
            }
            int fd = handles.open(inode);
            if (fd < 0) {
                fd = find(inode, table, depth);
            }
            inode.fd(fd);
            opened(inode);
        }
    }

    private int find(Inode inode, NodeTable table, int depth) throws FsException {
        Inode.Place place = inode.place();
        if (place == null || depth == MAX_DEPTH) {
            throw FsException.of(Errno.ESTALE);
        }
        int fd;
        try (Inode parent = table.useIfKnown(place.parent())) {
            if (parent == null) {
                throw FsException.of(Errno.ESTALE);
            }
            if (parent.isAway()) {
                restore(parent, table, depth + 1);
            }
            fd = calls.open(parent.fd(), place.string());
        }
        if (fd < 0) {
            throw FsException.of(Errno.ESTALE);
        }
        return inode.opened(fd);
    }
}
