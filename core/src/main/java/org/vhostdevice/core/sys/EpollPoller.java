package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Waits with `epoll(7)` of Linux.
final class EpollPoller implements Poller {
    static final int EVENT_SIZE = AbiNumber.EPOLL_EVENT_SIZE.or(0);
    private static final int DATA = AbiNumber.EPOLL_EVENT_DATA.or(0);
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;
    private static final int EPOLLET = 1 << 31;
    private static final int CAPACITY = 128;

    private final WatchedFds watched = new WatchedFds();
    private final OwnedFd epoll;
    private final MemorySegment events = Arena.ofAuto().allocate((long) CAPACITY * EVENT_SIZE, 8);

    EpollPoller() throws ErrnoException {
        epoll = OwnedFd.ofResult("epoll_create1", Libc.epollCreate1(AbiNumber.O_CLOEXEC.value()));
    }

    @Override
    public boolean edges() {
        return true;
    }

    @Override
    public void add(int fd, int interest, Object token) throws ErrnoException {
        watched.requireAbsent(fd);
        ErrnoException.check("EPOLL_CTL_ADD", control(EPOLL_CTL_ADD, fd, interest));
        watched.add(fd, interest, token);
    }

    @Override
    public void modify(int fd, int interest) throws ErrnoException {
        if (watched.interest(fd) != interest) {
            ErrnoException.check("EPOLL_CTL_MOD", control(EPOLL_CTL_MOD, fd, interest));
            watched.setInterest(fd, interest);
        }
    }

    @Override
    public void remove(int fd) {
        watched.remove(fd);
        // Fails only if the file is closed, which removed it.
        var _ = control(EPOLL_CTL_DEL, fd, 0);
    }

    private int control(int operation, int fd, int interest) {
        try (Arena frame = Arena.ofConfined()) {
            MemorySegment event = frame.allocate(EVENT_SIZE, 8);
            int edge = (interest & EDGE) != 0 ? EPOLLET : 0;
            event.set(JAVA_INT, 0, PollBits.ofInterest(interest) | edge);
            event.set(JAVA_INT, DATA, fd);
            return Libc.epollCtl(epoll.number(), operation, fd, event);
        }
    }

    @Override
    public int await(long timeoutNanos) throws ErrnoException {
        watched.clearReady();
        int n = Libc.epollWait(epoll.number(), events, CAPACITY, PollBits.toMillis(timeoutNanos));
        if (n == Libc.EINTR) {
            return 0;
        }
        ErrnoException.check("epoll_wait", n);
        for (int i = 0; i < n; i++) {
            long at = (long) i * EVENT_SIZE;
            int bits = PollBits.toReady(events.get(JAVA_INT_UNALIGNED, at));
            watched.noteReady(events.get(JAVA_INT_UNALIGNED, at + DATA), bits);
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
        epoll.close();
    }
}
