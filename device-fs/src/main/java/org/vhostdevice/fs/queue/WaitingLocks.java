package org.vhostdevice.fs.queue;

import java.util.ArrayList;
import java.util.List;

/// Requests of a queue that wait for locks. Any thread; nothing is done for long while it is locked.
final class WaitingLocks {
    private final int most;
    private final List<FsRequest> requests = new ArrayList<>();
    private volatile boolean any;

    /// @param most requests at once
    WaitingLocks(int most) {
        this.most = most;
    }

    /// Lets a request wait.
    ///
    /// @return false if too many do
    synchronized boolean add(FsRequest request) {
        if (requests.size() == most) {
            return false;
        }
        any = true;
        return requests.add(request);
    }

    synchronized void remove(FsRequest request) {
        requests.remove(request);
        any = !requests.isEmpty();
    }

    synchronized List<FsRequest> all() {
        return List.copyOf(requests);
    }

    boolean any() {
        return any;
    }

    /// Marks a request as interrupted.
    ///
    /// @return whether it waits
    boolean interrupt(long unique) {
        return any && mark(unique);
    }

    private synchronized boolean mark(long unique) {
        for (FsRequest request : requests) {
            if (request.call().unique() == unique) {
                request.interrupt();
                return true;
            }
        }
        return false;
    }
}
