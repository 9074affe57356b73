package org.vhostdevice.core.session;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.EventConsumer;

/// How a worker learns that a ring has chains: from a descriptor, which is borrowed, or by looking regularly. Worker
/// thread.
final class RingKick {
    private final VringWorker worker;
    private @Nullable EventConsumer kick;
    private boolean drains;
    private boolean polled;

    RingKick(VringWorker worker) {
        this.worker = worker;
    }

    /// Takes another descriptor.
    ///
    /// @param newKick null for none
    /// @param regularly whether the ring is looked at regularly
    /// @throws IOException if the host cannot wait for it; the old one stays in use
    void use(@Nullable EventConsumer newKick, boolean regularly, Vring ring) throws IOException {
        boolean newDrains = newKick != null && worker.watch(newKick, ring);
        unwatch();
        kick = newKick;
        drains = newDrains;
        polled = regularly;
    }

    /// Whether the ring is looked at regularly.
    boolean polled() {
        return polled;
    }

    /// Takes the kicks that have come.
    ///
    /// @return false if no others can come
    boolean drain() {
        return kick == null || !drains || kick.drain();
    }

    /// Waits for kicks no longer.
    void unwatch() {
        if (kick != null) {
            worker.unwatch(kick);
            kick = null;
        }
    }
}
