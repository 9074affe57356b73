package org.vhostdevice.blk.nbd;

import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One request of the protocol, and room for its payload, which stays as it is until the request has been answered: so
/// it can be sent again. Neither side ever touches the caller's buffers but the caller.
///
/// The caller prepares a request, hands it to one connection after the other, and waits; meanwhile the thread that
/// reads that connection owns payload, cover and answers. Requests are used again unless they are abandoned.
final class Request {
    /// Where a request is.
    enum State {
        /// Prepared, or under way.
        OPEN,
        /// Answered.
        ANSWERED,
        /// Its connection has ended.
        ORPHANED
    }

    private static final int SMALLEST = 4096;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Cover cover = new Cover();
    private MemorySegment payload = MemorySegment.NULL;
    private Command command = Command.FLUSH;
    private int flags;
    private long offset;
    private long length;
    private @Nullable String error;
    private @Nullable NbdError errorKind;
    private int status;
    private long statusBytes;
    private State state = State.OPEN; // guarded by lock

    /// Begins a request.
    ///
    /// @param bytes its length, 0 to 2^32 - 1
    void prepare(Command what, int commandFlags, long at, long bytes) {
        command = what;
        flags = commandFlags;
        offset = at;
        length = bytes;
        if ((what == Command.READ || what == Command.WRITE) && payload.byteSize() < bytes) {
            long rounded = Math.max(SMALLEST, Long.highestOneBit(bytes - 1) << 1);
            payload = Arena.ofAuto().allocate(rounded, Long.BYTES);
        }
    }

    Command command() {
        return command;
    }

    int flags() {
        return flags;
    }

    long offset() {
        return offset;
    }

    long length() {
        return length;
    }

    /// The bytes to write, or those that were read.
    MemorySegment payload() {
        return payload.asSlice(0, length);
    }

    /// Forgets what a connection that has ended has answered.
    void reopen() {
        cover.clear();
        error = null;
        errorKind = null;
        status = 0;
        statusBytes = 0;
        lock.lock();
        try {
            state = State.OPEN;
        } finally {
            lock.unlock();
        }
    }

    /// Of a read: which bytes have come.
    Cover cover() {
        return cover;
    }

    /// Notes an error; the first one of a reply counts.
    void fail(NbdError kind, String text) {
        if (errorKind == null) {
            errorKind = kind;
            error = text;
        }
    }

    /// What the server has against the request; null if it was done.
    @Nullable
    NbdError errorKind() {
        return errorKind;
    }

    /// The sentence for the error.
    String error() {
        return "the NBD server answers " + errorKind + " to " + this
                + (error == null || error.isBlank() ? "" : ": " + Text.printable(error));
    }

    /// Notes what the server says about the first bytes of a range.
    void setStatus(int statusFlags, long bytes) {
        status = statusFlags;
        statusBytes = bytes;
    }

    int status() {
        return status;
    }

    /// How many bytes have that status; 0 if the server has not said.
    long statusBytes() {
        return statusBytes;
    }

    /// Wakes the caller.
    void end(State how) {
        lock.lock();
        try {
            state = how;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for an answer.
    ///
    /// @return the state, which is still open if the time has passed
    State await(Deadline end) throws InterruptedIOException {
        lock.lock();
        try {
            while (state == State.OPEN && !end.passed()) {
                boolean _ = changed.await(end.left(), TimeUnit.NANOSECONDS);
            }
            return state;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for an NBD server");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return command == Command.FLUSH
                ? "FLUSH"
                : command + " of " + length + " bytes at byte " + Long.toUnsignedString(offset);
    }
}
