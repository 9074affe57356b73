package org.vhostdevice.core.sys;

/// The event bits of `poll(2)`, which are those of `epoll(7)` too.
final class PollBits {
    private static final int POLLIN = 1;
    private static final int POLLOUT = 4;
    private static final int POLLERR = 8;
    private static final int POLLHUP = 0x10;
    private static final int POLLNVAL = 0x20;

    /// Also where macOS is played: poll(2) stands for its kqueue then, which does tell.
    private static final int POLLRDHUP =
            AbiNumber.POLLRDHUP.existsOn(HostAbi.current()) ? AbiNumber.POLLRDHUP.on(HostAbi.current()) : 0;

    private static final int ANY_HANGUP = POLLERR | POLLHUP | POLLNVAL | POLLRDHUP;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private PollBits() {}

    static int ofInterest(int interest) {
        return ((interest & Poller.READ) != 0 ? POLLIN : 0)
                | ((interest & Poller.WRITE) != 0 ? POLLOUT : 0)
                | ((interest & Poller.HANGUP) != 0 ? POLLRDHUP : 0);
    }

    static int toReady(int events) {
        return ((events & POLLIN) != 0 ? Poller.READ : 0)
                | ((events & POLLOUT) != 0 ? Poller.WRITE : 0)
                | ((events & ANY_HANGUP) != 0 ? Poller.HANGUP : 0);
    }

    /// As [#toReady(int)], of a host that tells of a writing half that was closed whether it is of interest or not.
    static int toReady(int events, int interest) {
        return toReady((interest & Poller.HANGUP) != 0 ? events : events & ~POLLRDHUP);
    }

    /// A time to wait in the milliseconds that these calls take: never shorter, -1 for ever.
    static int toMillis(long nanos) {
        if (nanos < 0) {
            return -1;
        }
        long millis = nanos / NANOS_PER_MILLI + (nanos % NANOS_PER_MILLI == 0 ? 0 : 1);
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }
}
