package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/// What Linux does by itself: `io_uring(7)`. Prepared requests are submitted together by one system call, and completed
/// in any order.
///
/// Used by one thread at a time. The memory of a request stays valid until the request has completed, its array of
/// `struct iovec` until [#submit] returns. Nothing is allocated after [#open].
public final class IoUring implements AutoCloseable {
    private static final int SQE_BYTES = 64;
    private static final int CQE_BYTES = 16;
    private static final int PARAMETERS_BYTES = 120;

    // struct io_uring_params, with struct io_sqring_offsets at 40 and struct io_cqring_offsets at 80
    private static final long CQ_ENTRIES = 4;
    private static final long FLAGS = 8;
    private static final long FEATURES = 20;
    private static final long SQ_OFFSETS = 40;
    private static final long CQ_OFFSETS = 80;
    private static final long HEAD = 0;
    private static final long TAIL = 4;
    private static final long MASK = 8;
    private static final long SQ_FLAGS = 16;
    private static final long SQ_ARRAY = 24;
    private static final long CQES = 20;

    // struct io_uring_sqe
    private static final long OPCODE = 0;
    private static final long FD = 4;
    private static final long OFFSET = 8;
    private static final long ADDRESS = 16;
    private static final long LENGTH = 24;
    private static final long POLL_EVENTS = 28;
    private static final long USER_DATA = 32;

    private static final int IORING_OP_READV = 1;
    private static final int IORING_OP_WRITEV = 2;
    private static final int IORING_OP_POLL_ADD = 6;
    private static final int IORING_OP_POLL_REMOVE = 7;
    private static final int IORING_POLL_ADD_MULTI = 1;

    private static final int IORING_SETUP_CQSIZE = 1 << 3;
    /// The thread is not interrupted for a completion: its next system call, or the one that it waits in, finds it, and
    /// a flag says when there is one to be found.
    private static final int IORING_SETUP_COOP_TASKRUN = 1 << 8;
    private static final int IORING_SETUP_TASKRUN_FLAG = 1 << 9;
    /// One mapping for both rings, no completion is lost, arrays need to last until they are submitted only; waiting
    /// for some time only; and what came with Linux 5.13, as did polls that go on.
    private static final int NEEDED_FEATURES = 0b111 | 1 << 8 | 1 << 10;

    private static final int IORING_ENTER_GETEVENTS = 1;
    private static final int IORING_ENTER_EXT_ARG = 1 << 3;
    /// Completions that the kernel has not written yet, for lack of room or because nobody has asked.
    private static final int IORING_SQ_HELD_BACK = 1 << 1 | 1 << 2;
    /// In the flags of a completion: more follow.
    private static final int IORING_CQE_F_MORE = 1 << 1;

    // struct io_uring_getevents_arg, with the struct __kernel_timespec that it points to behind it
    private static final long ARG_BYTES = 24;
    private static final long ARG_TIME = 16;
    private static final long NANOS = 1_000_000_000;
    private static final int TIMED_OUT = -Errno.ETIME.number();
    private static final int BUSY = -Errno.EBUSY.number();
    private static final long RINGS_AT = 0;
    private static final long SQES_AT = 0x10000000L;

    private static final VarHandle INT = JAVA_INT.varHandle();

    private final OwnedFd fd;
    private final Mapping rings;
    private final Mapping entries;
    private final MemorySegment ring;
    private final MemorySegment sqes;
    private final MemorySegment waitArgument = Arena.ofAuto().allocate(ARG_BYTES + 16, 8);
    private final long sqTail;
    private final long sqFlags;
    private final int sqEntries;
    private final long cqHead;
    private final long cqTail;
    private final long cqes;
    private final int cqMask;
    private int tail;
    private int prepared;
    private int head;

    /// Memory of the kernel's, unmapped when it is closed.
    private record Mapping(MemorySegment segment, long address, long bytes) implements AutoCloseable {
        @SuppressWarnings("restricted")
        static Mapping map(int fd, long offset, long bytes) throws ErrnoException {
            long address = Libc.mmapShared(bytes, 3, fd, offset); // PROT_READ | PROT_WRITE
            if (address < 0 && address > -4096) {
                throw new ErrnoException("mmap of io_uring", (int) -address);
            }
            return new Mapping(MemorySegment.ofAddress(address).reinterpret(bytes), address, bytes);
        }

        @Override
        public void close() {
            int _ = Libc.munmap(address, bytes);
        }
    }

    private IoUring(OwnedFd fd, MemorySegment parameters, Mapping rings, Mapping entries) {
        this.fd = fd;
        this.rings = rings;
        this.entries = entries;
        this.ring = rings.segment();
        this.sqes = entries.segment();
        this.sqTail = parameters.get(JAVA_INT, SQ_OFFSETS + TAIL);
        this.sqFlags = parameters.get(JAVA_INT, SQ_OFFSETS + SQ_FLAGS);
        this.sqEntries = parameters.get(JAVA_INT, 0);
        this.cqHead = parameters.get(JAVA_INT, CQ_OFFSETS + HEAD);
        this.cqTail = parameters.get(JAVA_INT, CQ_OFFSETS + TAIL);
        this.cqes = parameters.get(JAVA_INT, CQ_OFFSETS + CQES);
        this.cqMask = ring.get(JAVA_INT, parameters.get(JAVA_INT, CQ_OFFSETS + MASK));
        long array = parameters.get(JAVA_INT, SQ_OFFSETS + SQ_ARRAY);
        for (int i = 0; i < sqEntries; i++) {
            ring.set(JAVA_INT, array + 4L * i, i);
        }
        waitArgument.set(JAVA_LONG, ARG_TIME, waitArgument.address() + ARG_BYTES);
    }

    /// What is told of a completed request.
    @FunctionalInterface
    public interface Completion {
        /// Called by [#reap].
        ///
        /// @param token what the request was given
        /// @param result bytes transferred or events polled for, or the negated error number
        /// @param more whether the request goes on and will be reported again
        void completed(long token, int result, boolean more);
    }

    /// Makes a ring.
    ///
    /// @param entries requests that can be prepared at once, a power of two up to 4096
    /// @param inFlight requests that can be submitted and not reaped at once
    /// @return a ring for the calling thread
    /// @throws ErrnoException if the host has none, forbids it, or the process has too many open files
    public static IoUring open(int entries, int inFlight) throws ErrnoException {
        if (!Capability.IO_URING.available()) {
            throw new ErrnoException("io_uring_setup", Errno.ENOSYS.number());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment parameters = arena.allocate(PARAMETERS_BYTES, 8);
            int best = IORING_SETUP_CQSIZE | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
            int result = setUp(entries, inFlight, best, parameters);
            if (result == -Errno.EINVAL.number()) { // before Linux 6.0
                result = setUp(entries, inFlight, IORING_SETUP_CQSIZE, parameters);
            }
            return map(OwnedFd.ofResult("io_uring_setup", result), parameters);
        }
    }

    private static int setUp(int entries, int inFlight, int flags, MemorySegment parameters) {
        MemorySegment _ = parameters.fill((byte) 0);
        int completions = Math.max(inFlight, entries);
        parameters.set(JAVA_INT, CQ_ENTRIES, Integer.highestOneBit(completions - 1) * 2);
        parameters.set(JAVA_INT, FLAGS, flags);
        return Libc.ioUringSetup(entries, parameters);
    }

    private static IoUring map(OwnedFd fd, MemorySegment parameters) throws ErrnoException {
        try {
            if ((parameters.get(JAVA_INT, FEATURES) & NEEDED_FEATURES) != NEEDED_FEATURES) {
                throw new ErrnoException("io_uring_setup", Errno.ENOSYS.number());
            }
            int sqCount = parameters.get(JAVA_INT, 0);
            int cqCount = parameters.get(JAVA_INT, CQ_ENTRIES);
            long bytes = Math.max(
                    parameters.get(JAVA_INT, SQ_OFFSETS + SQ_ARRAY) + 4L * sqCount,
                    parameters.get(JAVA_INT, CQ_OFFSETS + CQES) + (long) CQE_BYTES * cqCount);
            Mapping rings = Mapping.map(fd.number(), RINGS_AT, bytes);
            try {
                return new IoUring(
                        fd, parameters, rings, Mapping.map(fd.number(), SQES_AT, (long) SQE_BYTES * sqCount));
            } catch (ErrnoException e) {
                rings.close();
                throw e;
            }
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /// {@return how many more requests can be prepared before [#submit]}
    public int room() {
        return sqEntries - prepared;
    }

    /// Prepares to read a file.
    ///
    /// @param file open for reading until the request has completed
    /// @param iovecs the address of an array of `struct iovec`
    /// @param count its entries, from 1 to 1024
    /// @param offset of the first byte in the file
    /// @param token given to [Completion#completed]
    public void readv(int file, long iovecs, int count, long offset, long token) {
        prepare(IORING_OP_READV, file, token);
        describe(iovecs, count, offset);
    }

    /// Prepares to write a file.
    ///
    /// @param file open for writing until the request has completed
    /// @param iovecs the address of an array of `struct iovec`
    /// @param count its entries, from 1 to 1024
    /// @param offset of the first byte in the file
    /// @param token given to [Completion#completed]
    public void writev(int file, long iovecs, int count, long offset, long token) {
        prepare(IORING_OP_WRITEV, file, token);
        describe(iovecs, count, offset);
    }

    /// Prepares to be told when a descriptor is ready.
    ///
    /// @param file open until the request has been submitted
    /// @param events those of `poll(2)`
    /// @param goesOn whether each time that it gets ready is reported; otherwise once
    /// @param token given to [Completion#completed]
    public void poll(int file, int events, boolean goesOn, long token) {
        prepare(IORING_OP_POLL_ADD, file, token);
        long at = sqe();
        sqes.set(JAVA_INT, at + LENGTH, goesOn ? IORING_POLL_ADD_MULTI : 0);
        sqes.set(JAVA_INT, at + POLL_EVENTS, events);
        prepared();
    }

    /// Prepares to end a poll.
    ///
    /// @param poll its token
    /// @param token given to [Completion#completed]
    public void removePoll(long poll, long token) {
        prepare(IORING_OP_POLL_REMOVE, -1, token);
        sqes.set(JAVA_LONG, sqe() + ADDRESS, poll);
        prepared();
    }

    /// Hands the prepared requests to the kernel.
    ///
    /// @throws ErrnoException if the kernel does not take all, for lack of memory; [#drop] takes back the others
    public void submit() throws ErrnoException {
        while (prepared > 0) {
            int result = enter(0, 0, 0);
            if (result != Libc.EINTR) {
                ErrnoException.check("io_uring_enter", result);
            }
        }
    }

    /// Sees to it that what the kernel has completed can be reaped, and hands it the prepared requests, unless it lacks
    /// memory for them: by a system call, if it takes one.
    ///
    /// @throws ErrnoException if the kernel fails
    public void flush() throws ErrnoException {
        if (prepared > 0 || ((int) INT.getOpaque(ring, sqFlags) & IORING_SQ_HELD_BACK) != 0) {
            checkWait(enter(0, IORING_ENTER_GETEVENTS, 0));
        }
    }

    /// Does what [#flush] does and waits until a request can be reaped, by one system call. A signal may end the wait
    /// early, and so may lack of memory.
    ///
    /// @param timeoutNanos how long to wait at most, negative to wait for ever
    /// @throws ErrnoException if the kernel fails
    public void submitAndWait(long timeoutNanos) throws ErrnoException {
        if (timeoutNanos < 0) {
            checkWait(enter(1, IORING_ENTER_GETEVENTS, 0));
        } else {
            waitArgument.set(JAVA_LONG, ARG_BYTES, timeoutNanos / NANOS);
            waitArgument.set(JAVA_LONG, ARG_BYTES + 8, timeoutNanos % NANOS);
            checkWait(enter(1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, ARG_BYTES));
        }
    }

    private int enter(int complete, int flags, long argumentBytes) {
        INT.setRelease(ring, sqTail, tail);
        int result = Libc.ioUringEnter(fd.number(), prepared, complete, flags, waitArgument, argumentBytes);
        if (result > 0) {
            prepared -= result;
        }
        return result;
    }

    private static void checkWait(int result) throws ErrnoException {
        if (result != Libc.EINTR && result != TIMED_OUT && result != Libc.EAGAIN && result != BUSY) {
            ErrnoException.check("io_uring_enter", result);
        }
    }

    /// {@return whether a request can be reaped}
    public boolean hasCompletions() {
        return head != (int) INT.getOpaque(ring, cqTail);
    }

    /// Takes back what is prepared and not submitted.
    ///
    /// @param most requests to take back
    /// @return how many requests: the last ones that were prepared
    public int drop(int most) {
        int dropped = Math.min(most, prepared);
        tail -= dropped;
        prepared -= dropped;
        INT.setRelease(ring, sqTail, tail);
        return dropped;
    }

    /// Reports the requests that have completed. Does not wait.
    ///
    /// @param to told of each
    /// @return how many
    public int reap(Completion to) {
        int count = 0;
        int end = (int) INT.getAcquire(ring, cqTail);
        while (head != end) {
            long at = cqes + (long) (head & cqMask) * CQE_BYTES;
            long token = ring.get(JAVA_LONG, at);
            int result = ring.get(JAVA_INT, at + 8);
            boolean more = (ring.get(JAVA_INT, at + 12) & IORING_CQE_F_MORE) != 0;
            head++;
            INT.setRelease(ring, cqHead, head);
            count++;
            to.completed(token, result, more);
        }
        return count;
    }

    /// Ends it. No transfer is in flight; polls are over.
    @Override
    public void close() {
        rings.close();
        entries.close();
        fd.close();
    }

    private void prepare(int opcode, int file, long token) {
        if (room() == 0) {
            throw new IllegalStateException("no room in the submission queue");
        }
        long at = sqe();
        MemorySegment _ = sqes.asSlice(at, SQE_BYTES).fill((byte) 0);
        sqes.set(JAVA_BYTE, at + OPCODE, (byte) opcode);
        sqes.set(JAVA_INT, at + FD, file);
        sqes.set(JAVA_LONG, at + USER_DATA, token);
    }

    private void describe(long address, int length, long offset) {
        long at = sqe();
        sqes.set(JAVA_LONG, at + OFFSET, offset);
        sqes.set(JAVA_LONG, at + ADDRESS, address);
        sqes.set(JAVA_INT, at + LENGTH, length);
        prepared();
    }

    private void prepared() {
        tail++;
        prepared++;
    }

    private long sqe() {
        return (long) (tail & (sqEntries - 1)) * SQE_BYTES;
    }
}
