package org.vhostdevice.console.end;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Deadlines;
import org.vhostdevice.core.device.Deadlines.Deadline;

/// Gives up somebody who takes nothing for too long, since a host that vanishes from the network does not say so.
/// Worker's thread.
final class Stall {
    private final long nanos;
    private final Deadline late;
    private @Nullable Deadlines deadlines; // while somebody takes too little

    /// @param nanos after which one is given up who takes nothing; 0 for never
    /// @param giveUp does it
    Stall(long nanos, Runnable giveUp) {
        this.nanos = nanos;
        this.late = new Deadline(() -> {
            deadlines = null;
            giveUp.run();
        });
    }

    /// Less was taken than there was.
    ///
    /// @param taken how much
    /// @param loop calls back; null for not at all
    void stuck(long taken, @Nullable EndContext loop) {
        if (deadlines == null && nanos > 0 && loop != null) {
            deadlines = loop.deadlines();
            deadlines.set(late, nanos);
        } else if (taken > 0) {
            moves();
        }
    }

    /// Something was taken, of whatever waited.
    void moves() {
        if (deadlines != null) {
            deadlines.set(late, nanos);
        }
    }

    /// All was taken, or nobody is there any more.
    void free() {
        if (deadlines != null) {
            deadlines.clear(late);
            deadlines = null;
        }
    }
}
