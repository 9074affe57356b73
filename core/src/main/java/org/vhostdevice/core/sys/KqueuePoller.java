package org.vhostdevice.core.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Waits with `kqueue(2)` of macOS and FreeBSD.
final class KqueuePoller implements Poller {
    private static final int CAPACITY = 128;

    private final WatchedFds watched = new WatchedFds();
    private final OwnedFd kqueue;
    private final KeventList events = new KeventList(HostAbi.current(), Arena.ofAuto(), CAPACITY);
    private final KeventList changes = new KeventList(HostAbi.current(), Arena.ofAuto(), KeventList.MOST_CHANGES);
    private final MemorySegment timeout = Arena.ofAuto().allocate(16, 8);

    KqueuePoller() throws ErrnoException {
        kqueue = OwnedFd.ofInheritableResult("kqueue", Libc.kqueue());
    }

    @Override
    public void add(int fd, int interest, Object token) throws ErrnoException {
        watched.requireAbsent(fd);
        ErrnoException.check("kevent", change(fd, 0, interest));
        watched.add(fd, interest, token);
    }

    @Override
    public void modify(int fd, int interest) throws ErrnoException {
        ErrnoException.check("kevent", change(fd, watched.interest(fd), interest));
        watched.setInterest(fd, interest);
    }

    @Override
    public void remove(int fd) {
        int interest = watched.interest(fd);
        watched.remove(fd);
        // Fails only if the file is closed, which removed its filters.
        var _ = change(fd, interest, 0);
    }

    private int change(int fd, int from, int to) {
        int n = changes.change(fd, from, to);
        return n == 0 ? 0 : Libc.keventChange(kqueue.number(), changes.segment(), n);
    }

    @Override
    public int await(long timeoutNanos) throws ErrnoException {
        watched.clearReady();
        Timespecs.set(timeout, timeoutNanos);
        MemorySegment limit = timeoutNanos < 0 ? MemorySegment.NULL : timeout;
        int n = Libc.keventWait(kqueue.number(), events.segment(), CAPACITY, limit);
        if (n == Libc.EINTR) {
            return 0;
        }
        ErrnoException.check("kevent", n);
        for (int i = 0; i < n; i++) {
            int fd = events.fd(i);
            int ready = events.ready(i, watched.interest(fd));
            if (ready != 0) {
                watched.noteReady(fd, ready);
            }
        }
        return watched.readyCount();
    }

    @Override
    public Object token(int i) {
        return watched.token(i);
    }

    @Override
    public int ready(int i) {
        return watched.readyBits(i);
    }

    @Override
    public void close() {
        kqueue.close();
    }
}
