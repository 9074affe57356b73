package org.vhostdevice.core.sys;

import java.io.IOException;
import java.lang.foreign.Arena;

/// The read end of a notification, as a front end passes it for kicks: an eventfd, a pipe or a socket.
///
/// One thread drains and closes it.
public final class EventConsumer implements AutoCloseable {
    private static final int BUFFER_BYTES = 512;
    /// A writer that never rests gets no more than this many reads at a time; the rest stays readable.
    private static final int MAX_READS = 16;

    private final OwnedFd fd;
    private final boolean counter;
    private final NowaitBuffer buffer = new NowaitBuffer(Arena.ofAuto().allocate(BUFFER_BYTES, 8));

    private EventConsumer(OwnedFd fd, boolean counter) {
        this.fd = fd;
        this.counter = counter;
    }

    /// Takes a descriptor over and makes it non-blocking if it is not.
    ///
    /// @param fd the read end, owned by the consumer from now on
    /// @return the consumer
    /// @throws IOException if it can be no notification, such as a regular file; the caller keeps it then
    public static EventConsumer adopt(OwnedFd fd) throws IOException {
        FileStatus.Kind kind = FileIo.status(fd).kind();
        EventNotifier.requireNotification(fd, kind);
        fd.setNonBlocking();
        return new EventConsumer(fd, kind == FileStatus.Kind.ANONYMOUS);
    }

    /// Begins to watch it. Where the poller tells of each write by itself, an eventfd is not read at all.
    ///
    /// @param poller watches it
    /// @param token what the poller returns for it
    /// @return whether it must be drained when it is ready
    /// @throws ErrnoException if the host cannot watch it
    public boolean watch(Poller poller, Object token) throws ErrnoException {
        boolean edge = counter && poller.edges();
        poller.add(fd(), edge ? Poller.READ | Poller.EDGE : Poller.READ, token);
        return !edge;
    }

    /// Takes what has been written so far, without looking at it: how much it is and what it says mean nothing.
    ///
    /// @return false if nothing more can come, because every write end is closed or the descriptor is broken
    /// @throws IllegalStateException if this consumer is closed
    public boolean drain() {
        int number = fd.number();
        for (int i = 0; i < MAX_READS; i++) {
            // More than the first read may wait where the front end made the descriptor blocking.
            long n = i == 0 ? buffer.read(number) : buffer.readIfReady(number);
            if (n == Libc.EAGAIN) {
                return true;
            }
            if (n != BUFFER_BYTES && n != Libc.EINTR) {
                return n > 0;
            }
        }
        return true;
    }

    /// The number to wait for with a [Poller].
    ///
    /// @return its number
    /// @throws IllegalStateException if it is closed
    public int fd() {
        return fd.number();
    }

    /// Closes the descriptor.
    @Override
    public void close() {
        fd.close();
    }
}
