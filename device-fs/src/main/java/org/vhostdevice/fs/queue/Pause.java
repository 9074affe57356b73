package org.vhostdevice.fs.queue;

/// A short break after each few requests of the high-priority queue, in which the driver need not notify. The driver
/// sends FORGET there for each file that is removed, one by one, and waits for none: a thread that is woken for each
/// takes a processor from the guest each time. Worker's thread.
final class Pause {
    static final long NANOS = 1_000_000;

    /// A driver that sends more than that at once could run out of descriptors.
    private static final int FEW = 16;

    private final boolean used;
    private int taken;
    private boolean on;
    private long until;

    /// @param used whether there are breaks at all
    Pause(boolean used) {
        this.used = used;
    }

    /// A request was taken.
    void took() {
        taken++;
    }

    /// All requests that there were have been taken.
    void begin() {
        on = used && taken <= FEW;
        taken = 0;
        if (on) {
            until = System.nanoTime() + NANOS;
        }
    }

    boolean isOn() {
        return on;
    }

    /// {@return whether the break has just ended}
    boolean isOver() {
        if (!on || System.nanoTime() - until < 0) {
            return false;
        }
        on = false;
        return true;
    }

    /// {@return for how many nanoseconds it lasts}
    long rest() {
        return on ? Math.max(0, until - System.nanoTime()) : Long.MAX_VALUE;
    }
}
