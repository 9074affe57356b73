package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// System calls on sockets with typed arguments, under the rules of [Libc].
final class SocketCalls {

    private SocketCalls() {}

    /// Makes a socket; flags go with its type.
    static int socket(int family, int typeAndFlags) {
        return Downcall.toInt(Symbol.SOCKET, family, typeAndFlags, 0);
    }

    /// Makes two connected Unix sockets; `fds` receives them as two ints. Flags may go with their type.
    static int socketpair(int type, MemorySegment fds) {
        return Downcall.toInt(Symbol.SOCKETPAIR, Sockaddr.AF_UNIX, type, 0, Libc.checked(fds, 8), 0);
    }

    static int bind(int fd, MemorySegment address) {
        return withAddress(Symbol.BIND, fd, address);
    }

    static int connect(int fd, MemorySegment address) {
        return withAddress(Symbol.CONNECT, fd, address);
    }

    private static int withAddress(Symbol function, int fd, MemorySegment address) {
        return Downcall.toInt(function, fd, Libc.checked(address, 2), address.byteSize(), 0);
    }

    static int listen(int fd, int backlog) {
        return Downcall.toInt(Symbol.LISTEN, fd, backlog);
    }

    static int accept(int fd) {
        return Downcall.toInt(Symbol.ACCEPT, fd, 0, 0);
    }

    static int accept4(int fd, int flags) {
        return Downcall.toInt(Symbol.ACCEPT4, fd, 0, 0, flags, 0, 0);
    }

    static int shutdown(int fd, int how) {
        return Downcall.toInt(Symbol.SHUTDOWN, fd, how);
    }

    static long send(int fd, MemorySegment from, long bytes, int flags) {
        return Downcall.toLong(Symbol.SEND, fd, Libc.checked(from, bytes), bytes, flags, 0);
    }

    static long sendmsg(int fd, MemorySegment message, int flags) {
        return Downcall.toLong(Symbol.SENDMSG, fd, Libc.checked(message, 1), flags, 0, 0);
    }

    static long recvmsg(int fd, MemorySegment message, int flags) {
        return Downcall.toLong(Symbol.RECVMSG, fd, Libc.checked(message, 1), flags, 0, 0);
    }

    /// Asks for the address of the other side and drops it.
    static int getpeername(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(AbiNumber.SOCKADDR_UN_SIZE.value(), 8);
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
            return Downcall.toInt(Symbol.GETPEERNAME, fd, address, length.address(), 0);
        }
    }

    static int setsockopt(int fd, int level, int option, int value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocateFrom(JAVA_INT, value);
            return Downcall.toInt(Symbol.SETSOCKOPT, fd, level, option, argument, argument.byteSize());
        }
    }

    /// Reads a socket option into the whole of `value`.
    static int getsockopt(int fd, int level, int option, MemorySegment value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, Math.toIntExact(value.byteSize()));
            return Downcall.toInt(Symbol.GETSOCKOPT, fd, level, option, Libc.checked(value, 1), length.address());
        }
    }
}
