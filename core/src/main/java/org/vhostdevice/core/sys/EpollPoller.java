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
    private static final int ENOSYS = -Errno.ENOSYS.number();
    private static final int EPERM = -Errno.EPERM.number(); // from a filter that does not know the call

    private final WatchedFds watched = new WatchedFds();
    private final OwnedFd epoll;
    private final MemorySegment change = Arena.ofAuto().allocate(EVENT_SIZE, 8);
    private final MemorySegment events = Arena.ofAuto().allocate((long) CAPACITY * EVENT_SIZE, 8);
    private final MemorySegment limit = Arena.ofAuto().allocate(16, 8);
    private boolean fine;

    EpollPoller() throws ErrnoException {
        this(true);
    }

    /// @param fine whether to wait less than a millisecond where the kernel can, which is since Linux 5.11
    EpollPoller(boolean fine) throws ErrnoException {
        this.fine = fine;
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

    /// The kernel is told of less interest only when it reports something that nobody wants: often the interest is
    /// back by then.
    @Override
    public void modify(int fd, int interest) throws ErrnoException {
        int armed = watched.armed(fd);
        if (armed == WatchedFds.NOT_ARMED) {
            if (interest != 0) {
                arm("EPOLL_CTL_ADD", EPOLL_CTL_ADD, fd, interest);
            }
        } else if ((interest & ~armed) != 0) {
            arm("EPOLL_CTL_MOD", EPOLL_CTL_MOD, fd, interest);
        }
        watched.setInterest(fd, interest);
    }

    private void arm(String call, int operation, int fd, int interest) throws ErrnoException {
        ErrnoException.check(call, control(operation, fd, interest));
        watched.setArmed(fd, interest);
    }

    /// Tells the kernel of the interest as it is. A descriptor that is of none would go on reporting hang-ups.
    private void disarm(int fd, int interest) throws ErrnoException {
        if (interest == 0) {
            arm("EPOLL_CTL_DEL", EPOLL_CTL_DEL, fd, 0);
            watched.setArmed(fd, WatchedFds.NOT_ARMED);
        } else {
            arm("EPOLL_CTL_MOD", EPOLL_CTL_MOD, fd, interest);
        }
    }

    @Override
    public void remove(int fd) {
        boolean armed = watched.armed(fd) != WatchedFds.NOT_ARMED;
        watched.remove(fd);
        if (armed) {
            // Fails only if the file is closed, which removed it.
            var _ = control(EPOLL_CTL_DEL, fd, 0);
        }
    }

    private int control(int operation, int fd, int interest) {
        int edge = (interest & EDGE) != 0 ? EPOLLET : 0;
        change.set(JAVA_INT, 0, PollBits.ofInterest(interest) | edge);
        change.set(JAVA_INT, DATA, fd);
        return Libc.epollCtl(epoll.number(), operation, fd, change);
    }

    @Override
    public int await(long timeoutNanos) throws ErrnoException {
        watched.clearReady();
        int n = waitUpTo(timeoutNanos);
        if (n == Libc.EINTR) {
            return 0;
        }
        ErrnoException.check("epoll_wait", n);
        for (int i = 0; i < n; i++) {
            long at = (long) i * EVENT_SIZE;
            int bits = PollBits.toReady(events.get(JAVA_INT_UNALIGNED, at));
            note(events.get(JAVA_INT_UNALIGNED, at + DATA), bits);
        }
        return watched.readyCount();
    }

    private int waitUpTo(long timeoutNanos) {
        if (fine && timeoutNanos > 0) {
            Timespecs.set(limit, timeoutNanos);
            int n = Libc.epollWaitFine(epoll.number(), events, CAPACITY, limit);
            if (n != ENOSYS && n != EPERM) {
                return n;
            }
            fine = false;
        }
        return Libc.epollWait(epoll.number(), events, CAPACITY, PollBits.toMillis(timeoutNanos));
    }

    private void note(int fd, int bits) throws ErrnoException {
        int interest = watched.interest(fd);
        if (watched.armed(fd) != interest) {
            disarm(fd, interest);
        }
        int wanted = interest == 0 ? 0 : bits & (interest | HANGUP);
        if (wanted != 0) {
            watched.noteReady(fd, wanted);
        }
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
