package org.vhostdevice.core.transport;

/// A moment until which to wait.
final class Deadline {
    /// The moment that never comes.
    static final Deadline NEVER = new Deadline(false, 0);

    private final boolean comes;
    private final long nanoTime;

    private Deadline(boolean comes, long nanoTime) {
        this.comes = comes;
        this.nanoTime = nanoTime;
    }

    /// A moment from now.
    ///
    /// @param millis how long from now, negative for never
    static Deadline in(long millis) {
        return millis < 0 ? NEVER : new Deadline(true, System.nanoTime() + millis * 1_000_000);
    }

    /// Milliseconds left, rounded up; 0 when it has come, negative when it never comes.
    long millisLeft() {
        return comes ? Math.max(0, Math.ceilDiv(nanoTime - System.nanoTime(), 1_000_000)) : -1;
    }
}
