package org.vhostdevice.core.sys;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;

/// Moves bytes and descriptors over a connection with one system call each; see [UnixSocket].
final class SocketTransfer {
    private static final int NEVER_WAIT = AbiNumber.MSG_DONTWAIT.value() | AbiNumber.MSG_NOSIGNAL.value();

    private SocketTransfer() {}

    /// Receives up to the size of `into`, after waiting for the first byte.
    ///
    /// @param controlBytes room for the control data that descriptors come in
    /// @return bytes received, 0 at the end of the stream
    /// @throws IOException if the descriptors do not fit: none of them stays open
    static int receive(int fd, MemorySegment into, FdBox fds, int controlBytes) throws IOException {
        try (Arena arena = Arena.ofConfined();
                FdBox received = new FdBox()) {
            SocketMessage message = new SocketMessage(HostAbi.current(), arena, controlBytes);
            message.setData(Libc.checked(into, into.byteSize()).address(), into.byteSize());
            int n = receive(fd, message);
            message.takeRights(received);
            if (message.isControlTruncated()) {
                throw new IOException("the peer sent more file descriptors than this process can take");
            }
            moveCloseOnExec(received, fds);
            return n;
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    /// A socket that was ready may have nothing: an urgent byte counts as readable, and others may read from a
    /// socket that was inherited. So the call itself must not wait.
    private static int receive(int fd, SocketMessage message) throws ErrnoException {
        int flags = AbiNumber.MSG_DONTWAIT.value()
                | (Capability.ATOMIC_CLOEXEC.available() ? AbiNumber.MSG_CMSG_CLOEXEC.value() : 0);
        while (true) {
            message.expectControl();
            long n = SocketCalls.recvmsg(fd, message.header(), flags);
            if (n == Libc.EAGAIN) {
                return UnixSocket.NOTHING;
            }
            if (n != Libc.EINTR) {
                ErrnoException.check("recvmsg", n);
                return (int) n;
            }
        }
    }

    private static void moveCloseOnExec(FdBox from, FdBox to) throws ErrnoException {
        boolean marked = Capability.ATOMIC_CLOEXEC.available();
        while (!from.isEmpty()) {
            OwnedFd fd = from.take();
            to.add(fd);
            if (!marked) {
                fd.closeOnExec();
            }
        }
    }

    /// Sends what fits without waiting, and descriptors with the first byte.
    ///
    /// @return bytes sent, or the negated error number
    static long send(int fd, MemorySegment from, List<OwnedFd> fds) {
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = new SocketMessage(HostAbi.current(), arena, SocketMessage.CONTROL_BYTES);
            message.setData(Libc.checked(from, 1).address(), from.byteSize());
            message.setRights(fds.stream().mapToInt(OwnedFd::number).toArray());
            return SocketCalls.sendmsg(fd, message.header(), NEVER_WAIT);
        } finally {
            Reference.reachabilityFence(from);
        }
    }

    /// Sends what fits without waiting.
    ///
    /// @return bytes sent, or the negated error number
    static long send(int fd, MemorySegment from) {
        return SocketCalls.send(fd, from, from.byteSize(), NEVER_WAIT);
    }
}
