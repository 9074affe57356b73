package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Waits with `poll(2)`, which every host has; its cost grows with the descriptors watched.
final class PollPoller implements Poller {
    private static final int POLLFD_SIZE = 8;
    private static final int EVENTS = 4;
    private static final int REVENTS = 6;
    private static final int FIRST_CAPACITY = 16;

    private final WatchedFds watched = new WatchedFds();
    private MemorySegment pollfds = Arena.ofAuto().allocate(FIRST_CAPACITY * POLLFD_SIZE, 4);
    private int count;

    @Override
    public void add(int fd, int interest, Object token) {
        watched.requireAbsent(fd);
        watched.add(fd, interest, token);
        if ((count + 1L) * POLLFD_SIZE > pollfds.byteSize()) {
            grow();
        }
        long at = (long) count * POLLFD_SIZE;
        setEvents(at, fd, interest);
        count++;
    }

    private void grow() {
        MemorySegment larger = Arena.ofAuto().allocate(2 * pollfds.byteSize(), 4);
        larger.copyFrom(pollfds);
        pollfds = larger;
    }

    @Override
    public void modify(int fd, int interest) {
        watched.setInterest(fd, interest);
        setEvents(find(fd), fd, interest);
    }

    // A negative number is not watched, not even for hang-ups. Events and revents are one number; revents is cleared.
    private void setEvents(long at, int fd, int interest) {
        pollfds.set(JAVA_INT, at, interest == 0 ? ~fd : fd);
        pollfds.set(JAVA_INT, at + EVENTS, PollBits.ofInterest(interest));
    }

    @Override
    public void remove(int fd) {
        watched.remove(fd);
        long at = find(fd);
        count--;
        MemorySegment.copy(pollfds, (long) count * POLLFD_SIZE, pollfds, at, POLLFD_SIZE);
    }

    private long find(int fd) {
        long at = 0;
        int number = pollfds.get(JAVA_INT, at);
        while (number != fd && number != ~fd) {
            at += POLLFD_SIZE;
            number = pollfds.get(JAVA_INT, at);
        }
        return at;
    }

    @Override
    public int await(long timeoutNanos) throws ErrnoException {
        watched.clearReady();
        int n = Libc.poll(pollfds, count, PollBits.toMillis(timeoutNanos));
        if (n == Libc.EINTR) {
            return 0;
        }
        ErrnoException.check("poll", n);
        for (long at = 0; at < (long) count * POLLFD_SIZE; at += POLLFD_SIZE) {
            int revents = pollfds.get(JAVA_SHORT, at + REVENTS);
            if (revents != 0) {
                watched.noteReady(pollfds.get(JAVA_INT, at), PollBits.toReady(revents));
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
        // Nothing but memory, which goes with this object.
    }
}
