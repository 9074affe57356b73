package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Unix stream sockets, and messages that carry descriptors over them.
///
/// Every descriptor made or received is close-on-exec. No call raises `SIGPIPE`. A call that may wait takes the
/// number of a second descriptor, such as [Wakeup#fd()], that ends the wait once it is readable; [#NO_WAKEUP]
/// waits for the peer alone.
public final class UnixSocket {
    /// Stands for no wake-up descriptor: `poll(2)` ignores a negative number.
    public static final int NO_WAKEUP = -1;

    /// A bit besides those of [Poller] that [#poll(int, int, int, long)] returns: the wake-up descriptor is
    /// readable.
    public static final int WOKEN = 8;

    /// What [#tryReceive] returns when no byte is there.
    public static final int NOTHING = -1;

    private static final int SOL_SOCKET = AbiNumber.SOL_SOCKET.value();
    private static final int SHUT_RDWR = 2;

    private UnixSocket() {}

    /// The longest path of a socket on this host in bytes: 107 on Linux, 103 elsewhere.
    ///
    /// @return bytes without the NUL at the end
    public static int maxPathBytes() {
        return Sockaddr.maxPathBytes(HostAbi.current());
    }

    /// Makes a socket file and listens on it. The socket is non-blocking; see [#accept(int, int)].
    ///
    /// @param path where the socket file is made
    /// @param backlog how many peers may wait to be accepted
    /// @return the listening socket
    /// @throws ErrnoException with `EADDRINUSE` if the file exists, with `ENAMETOOLONG` if the path is too long
    public static OwnedFd listen(Path path, int backlog) throws ErrnoException {
        return Sockets.listen(new SocketAddress.Unix(path), SocketType.STREAM, backlog);
    }

    /// Takes over a socket that this process was started with, and makes it close-on-exec.
    ///
    /// @param number of the descriptor
    /// @return its owner
    /// @throws IOException if there is no such descriptor or it is not a socket; it is left open then
    public static OwnedFd adopt(int number) throws IOException {
        try {
            if (!isSocket(number)) {
                throw new IOException("file descriptor " + number + " is not a socket");
            }
        } catch (ErrnoException e) {
            throw new IOException("file descriptor " + number + " is not open", e);
        }
        OwnedFd fd = new OwnedFd(number);
        fd.closeOnExec();
        suppressSigpipe(fd);
        return fd;
    }

    /// Connects to a listening socket, without waiting for it to accept.
    ///
    /// @param path of the socket file
    /// @return the connection
    /// @throws ErrnoException with `ECONNREFUSED` if no one listens, `ENOENT` if there is no such file, `EAGAIN` if
    ///     too many wait already
    public static OwnedFd connect(Path path) throws ErrnoException {
        // Without blocking, so that a listener that accepts no one cannot hold us up.
        OwnedFd fd =
                Sockets.connect(new SocketAddress.Unix(path), SocketType.STREAM).fd();
        try {
            fd.setBlocking();
            return fd;
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// Two sockets connected to each other.
    ///
    /// @return both ends
    /// @throws ErrnoException if the process has too many open files
    public static List<OwnedFd> pair() throws ErrnoException {
        return pair(SocketType.STREAM);
    }

    /// Two sockets of a type, connected to each other.
    static List<OwnedFd> pair(SocketType type) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fds = arena.allocate(JAVA_INT, 2);
            boolean atomic = Capability.ATOMIC_CLOEXEC.available();
            int flags = atomic ? AbiNumber.SOCK_CLOEXEC.value() : 0;
            ErrnoException.check("socketpair", SocketCalls.socketpair(type.number() | flags, fds));
            List<OwnedFd> pair =
                    List.of(new OwnedFd(fds.getAtIndex(JAVA_INT, 0)), new OwnedFd(fds.getAtIndex(JAVA_INT, 1)));
            for (OwnedFd fd : pair) {
                if (!atomic) {
                    fd.closeOnExec();
                }
                suppressSigpipe(fd);
                Sockets.limitBuffers(fd);
            }
            return pair;
        }
    }

    /// Waits for a peer to connect, without a wake-up.
    ///
    /// @param fd a listening socket
    /// @return the connection
    /// @throws ErrnoException if `accept(2)` fails
    public static OwnedFd accept(int fd) throws ErrnoException {
        return Objects.requireNonNull(accept(fd, NO_WAKEUP));
    }

    /// Waits for a peer to connect.
    ///
    /// @param fd a listening socket; if it is blocking and the peer leaves before it is accepted, some hosts wait
    ///     for the next one in spite of a wake-up
    /// @param wakeFd ends the wait once it is readable
    /// @return the connection, or null when woken
    /// @throws ErrnoException if `accept(2)` fails
    public static @Nullable OwnedFd accept(int fd, int wakeFd) throws ErrnoException {
        while (true) {
            int ready = poll(fd, Poller.READ, wakeFd, -1);
            if ((ready & WOKEN) != 0) {
                return null;
            }
            int result = ready == 0 ? Libc.EINTR : Sockets.acceptNow(fd, 0);
            boolean again = result == Libc.EINTR || result == Libc.EAGAIN || result == -Errno.ECONNABORTED.number();
            if (!again) {
                OwnedFd peer = Sockets.accepted(result);
                Sockets.limitBuffers(peer);
                return peer;
            }
        }
    }

    /// Waits until a descriptor is ready or the time is over, without a wake-up.
    ///
    /// @param fd open
    /// @param interest any of [Poller#READ], [Poller#WRITE] and [Poller#HANGUP]
    /// @param timeoutMillis how long to wait at most, 0 to look only, negative to wait for ever
    /// @return as [#poll(int, int, int, long)]
    /// @throws ErrnoException if `poll(2)` fails
    public static int poll(int fd, int interest, long timeoutMillis) throws ErrnoException {
        return poll(fd, interest, NO_WAKEUP, timeoutMillis);
    }

    /// Waits until a descriptor is ready, the wake-up descriptor is readable or the time is over. A signal may end
    /// the wait early.
    ///
    /// @param fd open
    /// @param interest any of [Poller#READ], [Poller#WRITE] and [Poller#HANGUP]
    /// @param wakeFd ends the wait once it is readable
    /// @param timeoutMillis how long to wait at most, 0 to look only, negative to wait for ever
    /// @return what `fd` is ready for, as bits of [Poller], with [#WOKEN] if woken; 0 if nothing happened
    /// @throws ErrnoException if `poll(2)` fails
    public static int poll(int fd, int interest, int wakeFd, long timeoutMillis) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfds = arena.allocate(16, 4);
            pollfds.set(JAVA_INT, 0, fd);
            pollfds.set(JAVA_INT, 4, PollBits.ofInterest(interest));
            pollfds.set(JAVA_INT, 8, wakeFd);
            pollfds.set(JAVA_INT, 12, PollBits.ofInterest(Poller.READ));
            int timeout = Math.clamp(timeoutMillis, -1, Integer.MAX_VALUE);
            int n = Libc.poll(pollfds, 2, timeout);
            if (n == Libc.EINTR) {
                return 0;
            }
            ErrnoException.check("poll", n);
            int woken = pollfds.get(JAVA_SHORT, 14) != 0 ? WOKEN : 0;
            return PollBits.toReady(pollfds.get(JAVA_SHORT, 6)) | woken;
        }
    }

    /// Receives up to `want` bytes as [#tryReceive] does, and waits for the first one.
    ///
    /// @param fd a connection
    /// @param into native memory of at least `want` bytes
    /// @param want more than 0
    /// @param fds takes the descriptors received, behind those it has
    /// @return bytes received, 0 if the peer has closed its end
    /// @throws IOException as [#tryReceive]
    public static int receive(int fd, MemorySegment into, int want, FdBox fds) throws IOException {
        int n = tryReceive(fd, into, want, fds);
        while (n == NOTHING) {
            var _ = poll(fd, Poller.READ, -1);
            n = tryReceive(fd, into, want, fds);
        }
        return n;
    }

    /// Receives up to `want` bytes with one `recvmsg(2)`, and the descriptors that came with them. It never waits,
    /// not even on a blocking socket.
    ///
    /// @param fd a connection
    /// @param into native memory of at least `want` bytes
    /// @param want more than 0
    /// @param fds takes the descriptors received, behind those it has
    /// @return bytes received, 0 if the peer has closed its end, [#NOTHING] if none are there
    /// @throws IOException if more descriptors came than this process may have open: those of this message are
    ///     closed and its bytes lost; or an [ErrnoException] if `recvmsg(2)` fails
    public static int tryReceive(int fd, MemorySegment into, int want, FdBox fds) throws IOException {
        return SocketTransfer.receive(fd, into.asSlice(0, want), fds, SocketMessage.CONTROL_BYTES);
    }

    /// Sends bytes and descriptors, without a wake-up.
    ///
    /// @param fd a connection
    /// @param from native memory of at least `n` bytes
    /// @param n more than 0
    /// @param fds go with the first byte and stay the caller's
    /// @throws IOException as [#send(int, MemorySegment, int, List, int)]
    public static void send(int fd, MemorySegment from, int n, List<OwnedFd> fds) throws IOException {
        send(fd, from, n, fds, NO_WAKEUP);
    }

    /// Sends all of `n` bytes, and descriptors with the first of them. Waits while the peer does not read.
    ///
    /// @param fd a connection
    /// @param from native memory of at least `n` bytes
    /// @param n more than 0
    /// @param fds stay the caller's
    /// @param wakeFd ends the wait once it is readable
    /// @throws InterruptedIOException when woken; a part may be sent, so that the connection is of no use any more
    /// @throws ErrnoException if `sendmsg(2)` fails, with `EPIPE` if the peer has closed its end
    public static void send(int fd, MemorySegment from, int n, List<OwnedFd> fds, int wakeFd) throws IOException {
        int sent = 0;
        while (sent < n) {
            int some = trySend(fd, from.asSlice(sent, n - sent), sent == 0 ? fds : List.of());
            if (some == 0) {
                awaitRoom(fd, wakeFd);
            }
            sent += some;
        }
    }

    private static void awaitRoom(int fd, int wakeFd) throws IOException {
        if ((poll(fd, Poller.WRITE, wakeFd, -1) & WOKEN) != 0) {
            throw new InterruptedIOException("woken while the peer did not read");
        }
    }

    /// Sends what fits without waiting, and descriptors with the first byte.
    ///
    /// @param fd a connected socket
    /// @param from what to send, not empty
    /// @param fds stay the caller's
    /// @return bytes sent, 0 if the peer has to read first
    /// @throws ErrnoException if `sendmsg(2)` fails, with `EPIPE` if the peer has closed its end
    public static int trySend(int fd, MemorySegment from, List<OwnedFd> fds) throws ErrnoException {
        long result = fds.isEmpty() ? SocketTransfer.send(fd, from) : SocketTransfer.send(fd, from, fds);
        if (result == Libc.EAGAIN || result == Libc.EINTR) {
            return 0;
        }
        ErrnoException.check("sendmsg", result);
        return (int) result;
    }

    /// Ends both directions of a connection for everyone who has it: who waits for it sees the end of the stream.
    ///
    /// @param fd a connection
    /// @throws ErrnoException if it is not connected
    public static void shutdown(int fd) throws ErrnoException {
        ErrnoException.check("shutdown", SocketCalls.shutdown(fd, SHUT_RDWR));
    }

    /// Whether a descriptor is a socket.
    ///
    /// @param fd open
    /// @return whether it is one
    /// @throws ErrnoException with `EBADF` if there is no such descriptor
    public static boolean isSocket(int fd) throws ErrnoException {
        return FileIo.status(fd).kind() == FileStatus.Kind.SOCKET;
    }

    /// Whether a socket listens, so that one can [#accept] on it: it is connected to nobody. Not every host
    /// answers `SO_ACCEPTCONN`.
    ///
    /// @param fd a socket that listens, or is or was connected
    /// @return whether it listens
    /// @throws ErrnoException with `ENOTSOCK` if it is no socket
    public static boolean isListening(int fd) throws ErrnoException {
        int result = SocketCalls.getpeername(fd);
        if (result == -Errno.ENOTCONN.number()) {
            return true;
        }
        if (result != -Errno.EINVAL.number()) { // its peer has gone, on macOS
            ErrnoException.check("getpeername", result);
        }
        return false;
    }

    /// The process that was at the other end when the connection was made.
    ///
    /// @param fd a connection
    /// @return its process id, 0 if it is in another namespace
    /// @throws ErrnoException if it is not connected
    public static int peerPid(int fd) throws ErrnoException {
        return PeerCredentials.pid(fd);
    }

    /// Keeps a write to a socket whose peer has gone from raising a signal, on hosts where that is an option of
    /// the socket. A connection whose peer has gone already refuses the option and needs it no more.
    static void suppressSigpipe(OwnedFd fd) {
        int option = AbiNumber.SO_NOSIGPIPE.or(-1);
        if (option >= 0) {
            var _ = SocketCalls.setsockopt(fd.number(), SOL_SOCKET, option, 1);
        }
    }
}
