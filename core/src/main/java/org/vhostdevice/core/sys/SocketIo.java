package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/// Moves bytes between connections and memory, with one system call each, which never waits and never raises
/// `SIGPIPE`.
///
/// An object allocates nothing after it was made, and is for one thread; it serves any number of connections.
public final class SocketIo {
    /// What is returned when nothing can be moved now.
    public static final int NOTHING = -1;

    private static final HostAbi ABI = HostAbi.current();
    private static final int IOV = AbiNumber.MSG_IOV.on(ABI);
    private static final int IOVLEN = AbiNumber.MSG_IOVLEN.on(ABI);
    private static final int FLAGS = AbiNumber.MSG_FLAGS.on(ABI);
    private static final int MSG_EOR = AbiNumber.MSG_EOR.value();
    private static final int MSG_TRUNC = AbiNumber.MSG_TRUNC.value();
    private static final int MSG_DONTWAIT = AbiNumber.MSG_DONTWAIT.value();
    private static final int SEND = MSG_DONTWAIT | AbiNumber.MSG_NOSIGNAL.value();

    private final MemorySegment header = Arena.ofAuto().allocate(AbiNumber.MSGHDR_SIZE.on(ABI), 8);

    /// Makes an object.
    public SocketIo() {}

    /// Receives what is there, of a message at most one.
    ///
    /// @param fd a connection
    /// @param iovecs an array of at least `count` `struct iovec`: address and length, 64 bits each;
    ///     the caller keeps the memory alive that they name
    /// @param count from 1 to 1024
    /// @return bytes received; 0 at the end, and for an empty message; [#NOTHING] if none are there
    /// @throws ErrnoException if `recvmsg(2)` fails, with `EFAULT` if a buffer is not mapped
    public long receive(int fd, MemorySegment iovecs, int count) throws ErrnoException {
        use(iovecs, count);
        long n;
        try {
            do {
                n = SocketCalls.recvmsg(fd, header, MSG_DONTWAIT);
            } while (n == Libc.EINTR);
        } finally {
            Reference.reachabilityFence(iovecs);
        }
        if (n == Libc.EAGAIN) {
            return NOTHING;
        }
        ErrnoException.check("recvmsg", n);
        return n;
    }

    /// Whether the message that was received last had more bytes than there was room for; they are lost.
    ///
    /// @return whether it had
    public boolean wasCut() {
        return (header.get(JAVA_INT, FLAGS) & MSG_TRUNC) != 0;
    }

    /// Whether what was received last ends a record, where the sender said so and the host keeps it.
    ///
    /// @return whether it does
    public boolean endedRecord() {
        return (header.get(JAVA_INT, FLAGS) & MSG_EOR) != 0;
    }

    /// Sends what fits; a message is sent whole or not at all.
    ///
    /// @param fd a connection
    /// @param iovecs as for [#receive]
    /// @param count from 0 to 1024
    /// @param endsRecord whether the bytes end a record
    /// @return bytes sent, or [#NOTHING] if the peer has to read first
    /// @throws ErrnoException if `sendmsg(2)` fails, with `EPIPE` if the peer takes no more, with `EMSGSIZE` if a
    ///     message is too long
    public long send(int fd, MemorySegment iovecs, int count, boolean endsRecord) throws ErrnoException {
        use(iovecs, count);
        long n;
        try {
            do {
                n = SocketCalls.sendmsg(fd, header, endsRecord ? SEND | MSG_EOR : SEND);
            } while (n == Libc.EINTR);
        } finally {
            Reference.reachabilityFence(iovecs);
        }
        if (n == Libc.EAGAIN) {
            return NOTHING;
        }
        ErrnoException.check("sendmsg", n);
        return n;
    }

    private void use(MemorySegment iovecs, int count) {
        header.set(JAVA_LONG, IOV, Libc.checked(iovecs, 16L * count).address());
        header.set(JAVA_INT, IOVLEN, count);
    }
}
