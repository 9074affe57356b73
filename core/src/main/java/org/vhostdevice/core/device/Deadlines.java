package org.vhostdevice.core.device;

import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Things that are to happen by some time, on the thread of one worker: what [QueueHandler#patience] and
/// [HostSide#patience] answer, and what their `look` runs.
///
/// A device has few of them for each connection, few run out, and nothing depends on the exact time: so all are
/// looked at when the soonest could be over, and at most a hundred times a second. In which order those happen that
/// are over is open. Setting one allocates nothing.
public final class Deadlines {
    private static final long GRAIN_NANOS = 10_000_000;
    private static final int SMALL = 16;

    private final LongSupplier clock;
    private @Nullable Deadline[] all = new @Nullable Deadline[SMALL];
    private int count;
    private long soonest;

    /// Something that has a time, or none.
    public static final class Deadline {
        private static final int NONE = -1;

        private final Runnable expired;
        private long at;
        private int index = NONE;

        /// Makes one without a time.
        ///
        /// @param expired what happens when the time is over, once; may set and clear deadlines, this one too
        public Deadline(Runnable expired) {
            this.expired = expired;
        }
    }

    /// Makes an object without deadlines, by the time of [System#nanoTime].
    public Deadlines() {
        this(System::nanoTime);
    }

    /// Makes an object without deadlines.
    ///
    /// @param clock the time in nanoseconds, from any origin
    public Deadlines(LongSupplier clock) {
        this.clock = clock;
    }

    /// Gives something a time, instead of the one it had.
    ///
    /// @param deadline what happens then; of no other object
    /// @param nanos from now, less than 2<sup>62</sup>
    public void set(Deadline deadline, long nanos) {
        deadline.at = clock.getAsLong() + nanos;
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
        return count == 0 ? Long.MAX_VALUE : Math.max(0, soonest - clock.getAsLong());
    }

    /// Has happen what is over.
    public void run() {
        if (count == 0) {
            return;
        }
        long now = clock.getAsLong();
        if (now - soonest < 0) {
            return;
        }
        for (int i = count - 1; i >= 0; i--) {
            Deadline deadline = i < count ? all[i] : null;
            if (deadline != null && deadline.at - now <= 0) {
                clear(deadline);
                deadline.expired.run();
            }
        }
        long next = Long.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            Deadline deadline = all[i];
            if (deadline != null) {
                next = Math.min(next, deadline.at - now);
            }
        }
        soonest = Math.max(next, GRAIN_NANOS) + now;
    }
}
