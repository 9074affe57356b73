package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A buffer that is read into and written from without waiting, for one thread.
///
/// `O_NONBLOCK` alone does not see to that: whoever shares the open file description can clear it at any time. So
/// each call says itself that it shall not wait, where the host and the kind of file let it.
final class NowaitBuffer {
    private static final int RWF_NOWAIT = AbiNumber.RWF_NOWAIT.or(0);
    private static final int EOPNOTSUPP = -Errno.EOPNOTSUPP.number();

    private final MemorySegment buffer;
    private final MemorySegment iovec;
    private final MemorySegment pollfd = Arena.ofAuto().allocate(8, 4);
    private boolean supported = Capability.NOWAIT_IO.available();

    /// Takes native memory that lives as long as this object.
    NowaitBuffer(MemorySegment buffer) {
        this.buffer = buffer;
        iovec = Arena.ofAuto().allocateFrom(JAVA_LONG, buffer.address(), buffer.byteSize());
    }

    /// Reads up to the size of the buffer from a non-blocking descriptor.
    ///
    /// @return bytes read, or the negated error number
    long read(int fd) {
        long n = supported ? Libc.preadv2(fd, iovec, 1, -1, RWF_NOWAIT) : EOPNOTSUPP;
        if (n != EOPNOTSUPP) {
            return n;
        }
        supported = false;
        return Libc.read(fd, buffer, buffer.byteSize());
    }

    /// Writes the buffer to a non-blocking descriptor.
    ///
    /// @return bytes written, or the negated error number
    long write(int fd) {
        long n = supported ? Libc.pwritev2(fd, iovec, 1, RWF_NOWAIT) : EOPNOTSUPP;
        if (n != EOPNOTSUPP) {
            return n;
        }
        supported = false;
        return Libc.write(fd, buffer, buffer.byteSize());
    }

    /// As [#read], from a descriptor that may be blocking; where the host cannot say so in the call, someone else who
    /// reads at the same time can make it wait.
    long readIfReady(int fd) {
        return supported || isReady(fd, Poller.READ) ? read(fd) : Libc.EAGAIN;
    }

    /// As [#write], to a descriptor that may be blocking; someone else who writes at the same time can make it wait.
    long writeIfReady(int fd) {
        return isReady(fd, Poller.WRITE) ? write(fd) : Libc.EAGAIN;
    }

    private boolean isReady(int fd, int interest) {
        pollfd.set(JAVA_INT, 0, fd);
        // events, and no revents
        pollfd.set(JAVA_INT, 4, PollBits.ofInterest(interest));
        return Libc.poll(pollfd, 1, 0) > 0;
    }
}
