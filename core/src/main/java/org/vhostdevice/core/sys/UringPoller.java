package org.vhostdevice.core.sys;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Waits with `io_uring(7)` of Linux, in the ring that also transfers files: one system call hands the kernel all that
/// was prepared and waits for whatever completes first.
///
/// A descriptor is polled once, and again when it was dealt with, so that it is reported as long as it is ready; one of
/// [Poller#EDGE] by a poll that goes on. What is found while somebody looks for transfers is kept for [#await].
///
/// The kernel ends a poll of a socket whose peer has closed its writing half, whatever was asked for. Without
/// [Poller#READ] that is renewed again and again, so this is for workers that watch no such sockets.
final class UringPoller implements Poller, IoUring.Completion {
    private static final int ENTRIES = 256;
    private static final int COMPLETIONS = 4096;

    /// In the token of a poll, above a number that makes it unique and the descriptor.
    private static final long POLL = 1L << 63;

    /// The token of what nobody waits for.
    private static final long NOBODY = POLL;

    private static final int SHIFT = 32;
    private static final int MOST_SERIALS = 0x7fff_ffff;
    private static final long FD_MASK = 0x7fff_ffff;

    private final IoUring ring;
    private final List<@Nullable Transfers> users = new ArrayList<>();
    private final WatchedFds watched = new WatchedFds();
    /// The token of each descriptor's poll; 0 if it has ended.
    private long[] polls = new long[64];
    private int serials;
    /// Descriptors found ready since the last wait, with what for; -1 if they were removed.
    private int[] foundFds = new int[64];
    private int[] foundBits = new int[64];
    private int found;
    /// Descriptors that were dealt with, whose polls may have ended.
    private int[] endedFds = new int[64];
    private int ended;

    UringPoller() throws ErrnoException {
        ring = IoUring.open(ENTRIES, COMPLETIONS);
    }

    @Override
    public boolean edges() {
        return true;
    }

    @Override
    public void add(int fd, int interest, Object token) throws ErrnoException {
        watched.requireAbsent(fd);
        watched.add(fd, interest, token);
        if (fd >= polls.length) {
            polls = Arrays.copyOf(polls, Math.max(fd + 1, 2 * polls.length));
        }
        polls[fd] = 0;
        if (interest != 0) {
            arm(fd, interest);
        }
    }

    @Override
    public void modify(int fd, int interest) throws ErrnoException {
        watched.setInterest(fd, interest);
        if (interest != 0 && (polls[fd] == 0 || (interest & ~watched.armed(fd)) != 0)) {
            disarm(fd);
            arm(fd, interest);
        }
    }

    @Override
    public void remove(int fd) {
        watched.remove(fd);
        disarm(fd);
        for (int i = 0; i < found; i++) {
            foundFds[i] = foundFds[i] == fd ? -1 : foundFds[i];
        }
    }

    private void arm(int fd, int interest) throws ErrnoException {
        reserve(1);
        serials = serials == MOST_SERIALS ? 1 : serials + 1;
        polls[fd] = POLL | (long) serials << SHIFT | fd;
        watched.setArmed(fd, interest);
        ring.poll(fd, PollBits.ofInterest(interest), (interest & EDGE) != 0, polls[fd]);
    }

    private void disarm(int fd) {
        if (polls[fd] != 0) {
            try {
                reserve(1);
            } catch (ErrnoException e) {
                throw new UncheckedIOException(e);
            }
            ring.removePoll(polls[fd], NOBODY);
            polls[fd] = 0;
        }
    }

    private void reserve(int count) throws ErrnoException {
        if (ring.room() < count) {
            ring.submit();
        }
    }

    @Override
    public int await(long timeoutNanos) throws ErrnoException {
        watched.clearReady();
        armAgain();
        if (timeoutNanos == 0 || found > 0 || ring.hasCompletions()) {
            ring.flush();
        } else {
            ring.submitAndWait(timeoutNanos);
        }
        int _ = ring.reap(this);
        for (int i = 0; i < found; i++) {
            if (foundFds[i] >= 0) {
                note(foundFds[i], foundBits[i]);
            }
        }
        found = 0;
        return watched.readyCount();
    }

    private void note(int fd, int bits) {
        int interest = watched.interest(fd);
        int wanted = interest == 0 ? 0 : bits & (interest | HANGUP);
        if (wanted != 0) {
            watched.noteReady(fd, wanted);
        }
        if (ended == endedFds.length) {
            endedFds = Arrays.copyOf(endedFds, 2 * ended);
        }
        endedFds[ended++] = fd;
    }

    private void armAgain() throws ErrnoException {
        for (int i = 0; i < ended; i++) {
            int fd = endedFds[i];
            if (watched.contains(fd) && polls[fd] == 0 && watched.interest(fd) != 0) {
                arm(fd, watched.interest(fd));
            }
        }
        ended = 0;
    }

    @Override
    public void completed(long token, int result, boolean more) {
        if ((token & POLL) == 0) {
            Transfers user = users.get((int) (token >>> SHIFT));
            if (user != null) {
                user.completion.completed((int) token, result);
            }
            return;
        }
        int fd = (int) (token & FD_MASK);
        if (token == NOBODY || polls[fd] != token) {
            return; // the end of a poll that was removed
        }
        if (!more) {
            polls[fd] = 0;
        }
        if (found == foundFds.length) {
            foundFds = Arrays.copyOf(foundFds, 2 * found);
            foundBits = Arrays.copyOf(foundBits, 2 * found);
        }
        foundFds[found] = fd;
        foundBits[found] = result < 0 ? READ | WRITE | HANGUP : PollBits.toReady(result, watched.armed(fd));
        found++;
    }

    @Override
    public FileTransfers transfers(FileTransfers.Completion completion) {
        int free = users.indexOf(null);
        int user = free < 0 ? users.size() : free;
        var transfers = new Transfers(user, completion);
        if (free < 0) {
            users.add(transfers);
        } else {
            users.set(user, transfers);
        }
        return transfers;
    }

    @Override
    public void submit() throws ErrnoException {
        if (ring.room() < ENTRIES) {
            ring.flush();
        }
    }

    @Override
    public Object token(int i) {
        return watched.token(i);
    }

    @Override
    public int ready(int i) {
        return watched.readyBits(i);
    }

    @Override
    public void close() {
        ring.close();
    }

    /// One of those who have files transferred.
    private final class Transfers implements FileTransfers {
        private final int user;
        private final Completion completion;

        Transfers(int user, Completion completion) {
            this.user = user;
            this.completion = completion;
        }

        @Override
        public void reserve(int count) throws ErrnoException {
            UringPoller.this.reserve(count);
        }

        @Override
        public void readv(int file, long iovecs, int count, long offset, int token) {
            ring.readv(file, iovecs, count, offset, tokenOf(token));
        }

        @Override
        public void writev(int file, long iovecs, int count, long offset, int token) {
            ring.writev(file, iovecs, count, offset, tokenOf(token));
        }

        private long tokenOf(int token) {
            return (long) user << SHIFT | token;
        }

        @Override
        public boolean idle() {
            return ring.room() == ENTRIES;
        }

        @Override
        public void submit() throws ErrnoException {
            ring.submit();
        }

        @Override
        public int drop(int most) {
            return ring.drop(most);
        }

        @Override
        public void reap() {
            int _ = ring.reap(UringPoller.this);
        }

        @Override
        public void await() throws ErrnoException {
            ring.submitAndWait(-1);
            reap();
        }

        @Override
        public void close() {
            users.set(user, null);
        }
    }
}
