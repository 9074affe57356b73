package org.vhostdevice.console.port;

import org.vhostdevice.console.end.ByteRing;
import org.vhostdevice.console.end.HostEnd;
import org.vhostdevice.console.end.Output;
import org.vhostdevice.console.end.RingOutput;

/// Where a port's output goes: its host end, behind what was kept for it. Worker's thread.
final class PortSink {
    private final HostEnd end;
    private final ByteRing kept;
    private final RingOutput backlog;
    private final boolean dropOldest;
    private final Counters counters;
    /// The end has taken too little, and says when it takes more.
    private boolean stuck;
    /// The end is being written to, and may say meanwhile that somebody has gone.
    private boolean busy;

    /// @param traits how much is kept, and whether the guest goes on when the end does not
    PortSink(HostEnd end, PortTraits traits, Counters counters) {
        this.end = end;
        this.kept = new ByteRing(traits.bufferBytes());
        this.backlog = new RingOutput(kept, 0);
        this.dropOldest = traits.dropOldest();
        this.counters = counters;
    }

    /// Takes output of the guest.
    ///
    /// @return the bytes taken; all but when the end is stuck
    long write(Output output) {
        long length = output.length();
        long taken = flush() ? toEnd(output) : 0;
        if (taken == length || !dropOldest) {
            return taken;
        }
        add(output, taken, length - taken);
        return length;
    }

    /// Takes the rest of what a ring that stops has; what does not fit is lost.
    void keep(Output output) {
        long fits = Math.min(output.length(), kept.free());
        add(output, 0, fits);
        counters.dropped(output.length() - fits);
    }

    /// Puts out a byte.
    void put(byte value) {
        counters.dropped(kept.add(value));
        boolean _ = flush();
    }

    private void add(Output output, long position, long bytes) {
        counters.dropped(kept.add(output, position, bytes));
    }

    /// The end may take more, or nobody is there any more.
    ///
    /// @return whether nothing is kept any longer
    boolean unstick() {
        stuck = false;
        return !busy && flush();
    }

    private boolean flush() {
        while (!stuck && backlog.any()) {
            backlog.advance(toEnd(backlog));
            kept.forget(backlog.position());
        }
        return !stuck;
    }

    private long toEnd(Output output) {
        long length = output.length();
        busy = true;
        try {
            long taken = end.write(output);
            stuck = taken < length;
            return taken;
        } finally {
            busy = false;
        }
    }
}
