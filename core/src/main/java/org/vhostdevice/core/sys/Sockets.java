package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sockets of the host that never wait: Unix sockets, TCP, and those of virtual machines.
///
/// Every socket made here is non-blocking and close-on-exec, and no call raises `SIGPIPE`. A [Poller] tells when there
/// is something to do; [SocketIo] moves the bytes.
public final class Sockets {
    private static final int SOL_SOCKET = AbiNumber.SOL_SOCKET.value();
    private static final int SHUT_RD = 0;
    private static final int SHUT_WR = 1;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;

    /// Hosts that have small buffers anyway are left as they are.
    private static final boolean LARGE_BUFFERS =
            Capability.LARGE_SOCKET_BUFFERS.available() || !Capability.LARGE_SOCKET_BUFFERS.existsOn(HostAbi.current());

    /// Half of what is wanted: Linux doubles it.
    private static final int SMALL_BUFFER = 4096;

    private Sockets() {}

    /// A connection that was asked for.
    ///
    /// @param fd the socket
    /// @param done whether it is connected; otherwise it gets ready for writing once it is, or has failed
    public record Attempt(OwnedFd fd, boolean done) {}

    /// Whether this host has such sockets.
    ///
    /// @param address any of the kind
    /// @param type how bytes are carried
    /// @return whether it has
    public static boolean areThere(SocketAddress address, SocketType type) {
        return switch (address) {
            case SocketAddress.Unix _ -> type == SocketType.STREAM || Capability.UNIX_SEQPACKET.available();
            case SocketAddress.Inet _ -> type == SocketType.STREAM;
            case SocketAddress.Vsock _ -> Capability.VSOCK.available();
        };
    }

    /// Takes an address, and refuses every peer until [#listen(int, int)].
    ///
    /// @param address where; the file of a Unix socket is made
    /// @param type how bytes are carried
    /// @return the socket
    /// @throws ErrnoException with `EADDRINUSE` if it is taken, with `ENAMETOOLONG` if a path is too long
    public static OwnedFd bind(SocketAddress address, SocketType type) throws ErrnoException {
        OwnedFd fd = open(address, type);
        try (Arena arena = Arena.ofConfined()) {
            if (address instanceof SocketAddress.Inet) {
                int option = AbiNumber.SO_REUSEADDR.value();
                ErrnoException.check("SO_REUSEADDR", SocketCalls.setsockopt(fd.number(), SOL_SOCKET, option, 1));
            }
            MemorySegment structure = Sockaddr.of(HostAbi.current(), "bind", address, arena);
            ErrnoException.check("bind " + address, SocketCalls.bind(fd.number(), structure));
            return fd;
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// Lets peers connect to a socket that has an address.
    ///
    /// @param fd a socket made by [#bind]
    /// @param backlog how many peers may wait to be accepted
    /// @throws ErrnoException if `listen(2)` fails
    public static void listen(int fd, int backlog) throws ErrnoException {
        ErrnoException.check("listen", SocketCalls.listen(fd, backlog));
    }

    /// Takes an address and lets peers connect to it.
    ///
    /// @param address where; the file of a Unix socket is made
    /// @param type how bytes are carried
    /// @param backlog how many peers may wait to be accepted
    /// @return the listening socket
    /// @throws ErrnoException with `EADDRINUSE` if it is taken, with `ENAMETOOLONG` if a path is too long
    public static OwnedFd listen(SocketAddress address, SocketType type, int backlog) throws ErrnoException {
        OwnedFd fd = bind(address, type);
        try {
            listen(fd.number(), backlog);
            return fd;
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// Takes one peer that waits, if there is one.
    ///
    /// @param fd a listening socket
    /// @return the connection; null if nobody waits
    /// @throws ErrnoException with `EMFILE` or `ENFILE` if there are too many open files; the peer goes on waiting
    public static @Nullable OwnedFd accept(int fd) throws ErrnoException {
        int result = acceptNow(fd, AbiNumber.SOCK_NONBLOCK.or(0));
        if (result == Libc.EAGAIN || result == Libc.EINTR || result == -Errno.ECONNABORTED.number()) {
            return null;
        }
        return nonBlocking(accepted(result));
    }

    /// Takes one peer that waits.
    ///
    /// @return a descriptor, or the negated error number
    static int acceptNow(int fd, int typeFlags) {
        return Capability.ATOMIC_CLOEXEC.available()
                ? SocketCalls.accept4(fd, AbiNumber.SOCK_CLOEXEC.value() | typeFlags)
                : SocketCalls.accept(fd);
    }

    static OwnedFd accepted(int result) throws ErrnoException {
        OwnedFd fd = Capability.ATOMIC_CLOEXEC.available()
                ? OwnedFd.ofResult("accept", result)
                : OwnedFd.ofInheritableResult("accept", result);
        UnixSocket.suppressSigpipe(fd);
        return fd;
    }

    /// Asks for a connection, without waiting for it.
    ///
    /// @param address of a listening socket
    /// @param type how bytes are carried
    /// @return the socket
    /// @throws ErrnoException if it is clear at once that there is none, such as with `ECONNREFUSED` if nobody
    ///     listens and `ENOENT` if there is no such file; with `EAGAIN` if too many wait already at a Unix socket
    public static Attempt connect(SocketAddress address, SocketType type) throws ErrnoException {
        OwnedFd fd = open(address, type);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment structure = Sockaddr.of(HostAbi.current(), "connect", address, arena);
            int result = SocketCalls.connect(fd.number(), structure);
            if (result == -Errno.EINPROGRESS.number() || result == Libc.EINTR) {
                return new Attempt(fd, false);
            }
            ErrnoException.check("connect " + address, result);
            return new Attempt(fd, true);
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// Two Unix sockets that are connected to each other.
    ///
    /// @param type how bytes are carried
    /// @return both ends
    /// @throws ErrnoException if the process has too many open files
    public static List<OwnedFd> pair(SocketType type) throws ErrnoException {
        List<OwnedFd> pair = UnixSocket.pair(type);
        for (OwnedFd end : pair) {
            end.setNonBlocking();
        }
        return pair;
    }

    /// What became of a connection that was asked for, once its socket is ready for writing.
    ///
    /// @param fd the socket
    /// @throws ErrnoException if it has failed, and why
    public static void requireConnected(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            ErrnoException.check("SO_ERROR", SocketCalls.getsockopt(fd, SOL_SOCKET, AbiNumber.SO_ERROR.value(), value));
            ErrnoException.check("connect", -value.get(JAVA_INT, 0));
        }
    }

    /// Has TCP send small pieces at once.
    ///
    /// @param fd a connection of TCP; nothing happens to others
    public static void sendAtOnce(int fd) {
        var _ = SocketCalls.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }

    /// Says that nothing more is sent. A connection that has ended already is left alone.
    ///
    /// @param fd a connection
    public static void shutdownSending(int fd) {
        var _ = SocketCalls.shutdown(fd, SHUT_WR);
    }

    /// Says that nothing more is received: what comes is dropped or, between Unix sockets, refused. A connection that
    /// has ended already is left alone.
    ///
    /// @param fd a connection
    public static void shutdownReceiving(int fd) {
        var _ = SocketCalls.shutdown(fd, SHUT_RD);
    }

    /// A socket for an address, non-blocking.
    private static OwnedFd open(SocketAddress address, SocketType type) throws ErrnoException {
        int family = Sockaddr.family(HostAbi.current(), address);
        return nonBlocking(open(family, type.number() | AbiNumber.SOCK_NONBLOCK.or(0)));
    }

    /// A socket that is close-on-exec. Flags in the type are dropped where they are not known.
    static OwnedFd open(int family, int typeAndFlags) throws ErrnoException {
        OwnedFd fd = Capability.ATOMIC_CLOEXEC.available()
                ? OwnedFd.ofResult("socket", SocketCalls.socket(family, typeAndFlags | AbiNumber.SOCK_CLOEXEC.value()))
                : OwnedFd.ofInheritableResult("socket", SocketCalls.socket(family, typeAndFlags));
        UnixSocket.suppressSigpipe(fd);
        if (family == Sockaddr.AF_UNIX) {
            limitBuffers(fd);
        }
        return fd;
    }

    /// Has a Unix socket buffer as little as those of other hosts, where that is tested.
    static void limitBuffers(OwnedFd fd) {
        if (!LARGE_BUFFERS) {
            var _ = SocketCalls.setsockopt(fd.number(), SOL_SOCKET, AbiNumber.SO_SNDBUF.value(), SMALL_BUFFER);
            var _ = SocketCalls.setsockopt(fd.number(), SOL_SOCKET, AbiNumber.SO_RCVBUF.value(), SMALL_BUFFER);
        }
    }

    /// Makes sure that a socket is non-blocking, where it was not made so.
    private static OwnedFd nonBlocking(OwnedFd fd) throws ErrnoException {
        if (!Capability.ATOMIC_CLOEXEC.available()) {
            try {
                fd.setNonBlocking();
            } catch (ErrnoException e) {
                fd.close();
                throw e;
            }
        }
        return fd;
    }
}
