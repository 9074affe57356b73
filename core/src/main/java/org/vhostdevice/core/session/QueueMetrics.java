package org.vhostdevice.core.session;

/// Counters of one queue since the server began, over all front ends.
///
/// Only the queue's worker writes them, plainly; any thread may read them and sees values that may be a little old.
public final class QueueMetrics {
    private long kicks;
    private long chains;
    private long inFlight;
    private long notifications;
    private long broken;

    QueueMetrics() {}

    /// {@return notifications by the driver that new chains are available}
    public long kicks() {
        return kicks;
    }

    /// {@return chains taken from the ring}
    public long chains() {
        return chains;
    }

    /// {@return chains given back to the driver}
    public long completions() {
        return chains - inFlight;
    }

    /// {@return notifications of the driver that chains were given back}
    public long notifications() {
        return notifications;
    }

    /// {@return how often the ring was found malformed and stopped}
    public long broken() {
        return broken;
    }

    void kicked() {
        kicks++;
    }

    void took() {
        chains++;
    }

    void holds(int count) {
        inFlight = count;
    }

    void notified() {
        notifications++;
    }

    void broke() {
        broken++;
    }
}
