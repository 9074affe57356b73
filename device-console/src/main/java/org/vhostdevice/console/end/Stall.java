package org.vhostdevice.console.end;

import org.jspecify.annotations.Nullable;

/// Gives up somebody who takes nothing for too long, since a host that vanishes from the network does not say so.
/// Worker's thread.
final class Stall {
    private final long nanos;
    private boolean timed;
    private boolean stuck;
    private boolean moved;

    /// @param nanos after which one is given up who takes nothing; 0 for never
    Stall(long nanos) {
        this.nanos = nanos;
    }

    /// Less was taken than there was.
    ///
    /// @param taken how much
    /// @param loop calls back; null for not at all
    /// @param giveUp called if nothing is taken until then
    void stuck(long taken, @Nullable EndContext loop, Runnable giveUp) {
        moved |= taken > 0 || !stuck;
        stuck = true;
        if (nanos > 0 && loop != null && !timed) {
            timed = true;
            look(loop, giveUp);
        }
    }

    private void look(EndContext loop, Runnable giveUp) {
        moved = false;
        loop.after(nanos, () -> {
            if (stuck && moved) {
                look(loop, giveUp);
            } else {
                timed = false;
                if (stuck) {
                    giveUp.run();
                }
            }
        });
    }

    /// Something was taken, of whatever waited.
    void moves() {
        moved = true;
    }

    /// All was taken, or nobody is there any more.
    void free() {
        stuck = false;
    }
}
