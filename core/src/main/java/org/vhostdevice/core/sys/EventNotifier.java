package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/// The write end of a notification, as a front end passes it for calls: an eventfd, a pipe or a socket.
///
/// One thread signals; any thread may call [#unblock()]. `O_NONBLOCK` is set on pipes, which only we write to,
/// and never on an eventfd, since the front end may read the same open file description and expect to wait.
public final class EventNotifier implements AutoCloseable {
    private static final MemorySegment ONE =
            Arena.global().allocateFrom(JAVA_LONG, 1).asReadOnly();

    private enum Way {
        /// A write returns at once.
        WRITE,
        /// A write may wait, so it is done only when it need not; see [#unblock()].
        POLL_AND_WRITE,
        /// A write to a socket is told not to wait.
        SEND
    }

    private final OwnedFd fd;
    private final Way way;
    private final NowaitBuffer one = new NowaitBuffer(ONE);

    private EventNotifier(OwnedFd fd, Way way) {
        this.fd = fd;
        this.way = way;
    }

    /// Takes a descriptor over.
    ///
    /// @param fd the write end, owned by the notifier from now on
    /// @return the notifier
    /// @throws IOException if it can be no notification, such as a regular file; the caller keeps it then
    public static EventNotifier adopt(OwnedFd fd) throws IOException {
        FileStatus status = FileIo.status(fd);
        requireNotification(fd, status.kind());
        return new EventNotifier(fd, wayOf(fd, status));
    }

    private static Way wayOf(OwnedFd fd, FileStatus status) throws ErrnoException {
        if (status.kind() == FileStatus.Kind.SOCKET) {
            UnixSocket.suppressSigpipe(fd);
            return Way.SEND;
        }
        boolean eventfd = status.kind() == FileStatus.Kind.ANONYMOUS || status.blockSize() == 0;
        if (!eventfd) {
            fd.setNonBlocking();
        }
        // A front end can make a pipe blocking again, and only some hosts can be told in the call not to wait.
        boolean safe = fd.isNonBlocking() && (eventfd || Capability.NOWAIT_IO.available());
        return safe ? Way.WRITE : Way.POLL_AND_WRITE;
    }

    static void requireNotification(OwnedFd fd, FileStatus.Kind kind) throws IOException {
        switch (kind) {
            case ANONYMOUS -> requireEventfd(fd);
            case PIPE, SOCKET -> {}
            case REGULAR, BLOCK, CHARACTER, DIRECTORY, OTHER ->
                throw new IOException("a notification needs an eventfd, a pipe or a socket, but the descriptor is "
                        + kind.description());
        }
    }

    /// Refuses the other anonymous files: reading a signalfd, say, would take this process's signals. Where `/proc`
    /// does not tell, eventfds are the only ones a front end can have.
    private static void requireEventfd(OwnedFd fd) throws IOException {
        if (!Capability.PROC_FDS.available()) {
            return;
        }
        String name;
        try {
            name = Files.readSymbolicLink(Path.of("/proc/self/fd", String.valueOf(fd.number())))
                    .toString();
        } catch (IOException e) {
            return;
        }
        if (!name.equals("anon_inode:[eventfd]")) {
            throw new IOException("a notification needs an eventfd, a pipe or a socket, but the descriptor is " + name);
        }
    }

    /// Makes the other side's end readable, without waiting.
    ///
    /// A reader who has not read the last signals yet gets no more: one is enough. Nothing happens if the other end
    /// is closed or the front end gave a descriptor that cannot be written: that is its own loss.
    ///
    /// @throws IllegalStateException if this notifier is closed
    public void signal() {
        int number = fd.number();
        long n;
        do {
            n = switch (way) {
                case WRITE -> one.write(number);
                case POLL_AND_WRITE -> one.writeIfReady(number);
                case SEND -> SocketTransfer.send(number, ONE);
            };
        } while (n == Libc.EINTR);
    }

    /// Lets a [#signal()] return that waits for room in an eventfd; any thread may call it, and does not wait.
    ///
    /// A signal can wait only if the front end made the eventfd blocking and fills it on purpose. This takes the
    /// signals that it has not read, so call it only when they do not matter any more, and again if `signal()`
    /// should still be waiting. On a pipe or a socket it does nothing.
    public synchronized void unblock() {
        if (way != Way.SEND && !fd.isClosed()) {
            var _ = new NowaitBuffer(Arena.ofAuto().allocate(JAVA_LONG)).readIfReady(fd.number());
        }
    }

    /// Closes the descriptor.
    @Override
    public synchronized void close() {
        fd.close();
    }
}
