package org.vhostdevice.core.sys;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a poller watches, by descriptor number, and which of it is ready.
///
/// Descriptor numbers are small, since the kernel gives out the lowest that is free.
final class WatchedFds {
    /// What [#armed] says of a descriptor that the kernel does not watch at all.
    static final int NOT_ARMED = -1;

    private static final class Watched {
        final Object token;
        int interest;
        int armed;
        int readyIndex = -1;

        Watched(int interest, Object token) {
            this.interest = interest;
            this.armed = interest;
            this.token = token;
        }
    }

    private @Nullable Watched[] byFd = new @Nullable Watched[64];
    private @Nullable Watched[] ready = new @Nullable Watched[64];
    private int[] readyBits = new int[64];
    private int size;
    private int readyCount;

    /// Refuses a descriptor that cannot be added.
    void requireAbsent(int fd) {
        if (contains(fd)) {
            throw new IllegalArgumentException("fd " + fd + " is watched already");
        }
    }

    void add(int fd, int interest, Object token) {
        if (fd >= byFd.length) {
            byFd = Arrays.copyOf(byFd, Math.max(fd + 1, 2 * byFd.length));
        }
        byFd[fd] = new Watched(interest, token);
        size++;
        if (size > ready.length) {
            ready = Arrays.copyOf(ready, 2 * size);
            readyBits = Arrays.copyOf(readyBits, 2 * size);
        }
    }

    boolean contains(int fd) {
        return fd < byFd.length && byFd[fd] != null;
    }

    int interest(int fd) {
        return watched(fd).interest;
    }

    void setInterest(int fd, int interest) {
        watched(fd).interest = interest;
    }

    /// What the kernel watches it for, where that may be more than is of interest.
    int armed(int fd) {
        return watched(fd).armed;
    }

    void setArmed(int fd, int interest) {
        watched(fd).armed = interest;
    }

    void remove(int fd) {
        Watched watched = watched(fd);
        if (watched.readyIndex >= 0) {
            readyBits[watched.readyIndex] = 0;
        }
        byFd[fd] = null;
        size--;
    }

    private Watched watched(int fd) {
        Watched watched = fd >= 0 && fd < byFd.length ? byFd[fd] : null;
        if (watched == null) {
            throw new IllegalArgumentException("fd " + fd + " is not watched");
        }
        return watched;
    }

    /// Forgets what was ready.
    void clearReady() {
        for (int i = 0; i < readyCount; i++) {
            Objects.requireNonNull(ready[i]).readyIndex = -1;
            ready[i] = null;
        }
        readyCount = 0;
    }

    /// Notes that a descriptor is ready, together with what was noted for it since [#clearReady()].
    void noteReady(int fd, int bits) {
        Watched watched = watched(fd);
        if (watched.readyIndex < 0) {
            watched.readyIndex = readyCount++;
            ready[watched.readyIndex] = watched;
            readyBits[watched.readyIndex] = 0;
        }
        readyBits[watched.readyIndex] |= bits;
    }

    int readyCount() {
        return readyCount;
    }

    Object token(int i) {
        Objects.checkIndex(i, readyCount);
        return Objects.requireNonNull(ready[i]).token;
    }

    int readyBits(int i) {
        Objects.checkIndex(i, readyCount);
        return readyBits[i];
    }
}
