package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Both ends of a new notification descriptor, as a front end makes them for the kick and call of a ring.
///
/// @param readEnd the end that becomes readable
/// @param writeEnd the end to write to; of an eventfd the same object as `readEnd`
public record Notification(OwnedFd readEnd, OwnedFd writeEnd) implements AutoCloseable {
    /// What a notification is made of.
    public enum Kind {
        /// One eventfd, which both sides use.
        EVENTFD,
        /// A pipe.
        PIPE
    }

    /// Makes the best kind that the host has.
    ///
    /// @return both ends, owned by the caller
    /// @throws ErrnoException if the process has too many open files
    public static Notification create() throws ErrnoException {
        return create(Capability.EVENTFD.available() ? Kind.EVENTFD : Kind.PIPE);
    }

    /// Makes one of a given kind; both ends are non-blocking and close-on-exec.
    ///
    /// @param kind what it is made of
    /// @return both ends, owned by the caller
    /// @throws ErrnoException if the process has too many open files
    /// @throws UnsupportedOperationException if the host has no eventfd
    public static Notification create(Kind kind) throws ErrnoException {
        return switch (kind) {
            case EVENTFD -> {
                int flags = AbiNumber.EFD_CLOEXEC.value() | AbiNumber.EFD_NONBLOCK.value();
                OwnedFd fd = OwnedFd.ofResult("eventfd", Libc.eventfd(0, flags));
                yield new Notification(fd, fd);
            }
            case PIPE -> Capability.ATOMIC_CLOEXEC.available() ? pipe2() : pipe();
        };
    }

    private static Notification pipe2() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fds = arena.allocate(JAVA_INT, 2);
            int flags = AbiNumber.O_CLOEXEC.value() | AbiNumber.O_NONBLOCK.value();
            ErrnoException.check("pipe2", Libc.pipe2(fds, flags));
            return ends(fds);
        }
    }

    private static Notification pipe() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fds = arena.allocate(JAVA_INT, 2);
            ErrnoException.check("pipe", Libc.pipe(fds));
            Notification pipe = ends(fds);
            try {
                for (OwnedFd end : new OwnedFd[] {pipe.readEnd, pipe.writeEnd}) {
                    end.closeOnExec();
                    end.setNonBlocking();
                }
                return pipe;
            } catch (ErrnoException e) {
                pipe.close();
                throw e;
            }
        }
    }

    private static Notification ends(MemorySegment fds) {
        return new Notification(new OwnedFd(fds.getAtIndex(JAVA_INT, 0)), new OwnedFd(fds.getAtIndex(JAVA_INT, 1)));
    }

    /// Closes both ends.
    @Override
    public void close() {
        readEnd.close();
        writeEnd.close();
    }
}
