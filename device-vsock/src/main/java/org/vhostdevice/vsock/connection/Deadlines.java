package org.vhostdevice.vsock.connection;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Things that are to happen by some time. Time is that of [System#nanoTime]. One thread.
///
/// There is one for each connection at most, few of them run out, and nothing depends on the exact time: so all are
/// looked at when the soonest could be over, and at most a hundred times a second.
public final class Deadlines {
    private static final long GRAIN_NANOS = 10_000_000;
    private static final int SMALL = 16;

    private @Nullable Deadline[] all = new @Nullable Deadline[SMALL];
    private int count;
    private long soonest;

    /// Something that has a time.
    public abstract static class Deadline {
        private static final int NONE = -1;

        private long at;
        private int index = NONE;

        /// Makes one without a time.
        protected Deadline() {}

        /// The time is over. It has none any more, unless it is given another one.
        protected abstract void expired();
    }

    /// Makes an object without deadlines.
    public Deadlines() {}

    /// Gives something a time, instead of the one it had.
    ///
    /// @param deadline what happens then
    /// @param nanos from now
    public void set(Deadline deadline, long nanos) {
        deadline.at = System.nanoTime() + nanos;
        if (deadline.index == Deadline.NONE) {
            if (count == all.length) {
                all = Arrays.copyOf(all, 2 * count);
            }
            deadline.index = count;
            all[count++] = deadline;
        }
        if (count == 1 || deadline.at - soonest < 0) {
            soonest = deadline.at;
        }
    }

    /// Takes its time away from something, if it has one.
    ///
    /// @param deadline does not happen
    public void clear(Deadline deadline) {
        int index = deadline.index;
        if (index != Deadline.NONE) {
            Deadline last = all[--count];
            all[count] = null;
            if (last != null && index < count) {
                all[index] = last;
                last.index = index;
            }
            deadline.index = Deadline.NONE;
        }
    }

    /// {@return for how many nanoseconds nothing is over} [Long#MAX_VALUE] if there is nothing.
    public long patience() {
        return count == 0 ? Long.MAX_VALUE : Math.max(0, soonest - System.nanoTime());
    }

    /// Has happen what is over.
    public void run() {
        if (count == 0) {
            return;
        }
        long now = System.nanoTime();
        if (now - soonest < 0) {
            return;
        }
        long next = now + Long.MAX_VALUE / 2;
        for (int i = count - 1; i >= 0; i--) {
            Deadline deadline = i < count ? all[i] : null;
            if (deadline != null && deadline.at - now <= 0) {
                clear(deadline);
                deadline.expired();
            }
        }
        for (int i = 0; i < count; i++) {
            Deadline deadline = all[i];
            if (deadline != null && deadline.at - next < 0) {
                next = deadline.at;
            }
        }
        soonest = Math.max(next - now, GRAIN_NANOS) + now;
    }
}
