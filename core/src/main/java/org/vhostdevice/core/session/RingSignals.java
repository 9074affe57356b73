package org.vhostdevice.core.session;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.virtqueue.Virtqueue;

/// How a ring tells the front end what has happened: by descriptors, which are borrowed, or by messages. Worker thread,
/// but for [#unblock].
///
/// A driver that has not looked some time after a call is called once more, by a descriptor: a guest in User Mode Linux
/// that was about to sleep when it was called sleeps until its next timer. Messages are acknowledged.
final class RingSignals {
    /// Longer than a driver usually takes until it looks; if it was too short, the driver is called in vain.
    private static final long LATE_NANOS = 50_000;

    private final int index;
    private final Virtqueue queue;
    private final FrontendNotices notices;
    private final QueueMetrics metrics;

    private @Nullable EventNotifier call;
    // A new descriptor has not been signalled yet.
    private boolean owesCall;
    private @Nullable EventNotifier error;
    private @Nullable EventNotifier marked;
    // In-band notifications: what has no descriptor is a message.
    private boolean callByMessage;
    private boolean errorByMessage;

    // Whether the driver may have to be called once more, and when.
    private boolean mayRemind;
    private long remindAt;

    // The signal that the worker is giving, if any, and their number; written in this order.
    private long signals;
    private volatile @Nullable EventNotifier signalled;
    private long signalsSeen; // control thread

    /// @param index of the ring
    /// @param queue its chains
    RingSignals(int index, Virtqueue queue, FrontendNotices notices, QueueMetrics metrics) {
        this.index = index;
        this.queue = queue;
        this.notices = notices;
        this.metrics = metrics;
    }

    /// @param byMessage whether a message does where there is no descriptor
    void useCall(@Nullable EventNotifier newCall, boolean byMessage) {
        call = newCall;
        owesCall = newCall != null;
        mayRemind = false;
        callByMessage = byMessage;
    }

    /// @param byMessage whether a message does where there is no descriptor
    void useError(@Nullable EventNotifier newError, boolean byMessage) {
        error = newError;
        errorByMessage = byMessage;
    }

    /// @param newMarked signalled when pages were marked in the log
    void useMarked(@Nullable EventNotifier newMarked) {
        marked = newMarked;
    }

    /// Calls no more.
    void dropCall() {
        call = null;
        callByMessage = false;
        mayRemind = false;
    }

    /// Buffers were used.
    void call() {
        if (call != null) {
            metrics.notified();
            signal(call);
            mayRemind = true;
            remindAt = System.nanoTime() + LATE_NANOS;
        } else if (callByMessage) {
            metrics.notified();
            notices.call(index);
        }
    }

    /// Calls once for each new descriptor.
    void callIfOwed() {
        if (owesCall) {
            owesCall = false;
            call();
        }
    }

    /// Calls once more, if it is time to.
    void remind() {
        if (mayRemind && System.nanoTime() - remindAt >= 0) {
            if (queue.unheeded()) {
                call();
            }
            mayRemind = false;
        }
    }

    /// {@return for how many nanoseconds [#remind] has nothing to do}
    long patience() {
        mayRemind &= queue.unheeded();
        return mayRemind ? Math.max(0, remindAt - System.nanoTime()) : Long.MAX_VALUE;
    }

    /// The ring is broken.
    void error() {
        if (error != null) {
            signal(error);
        } else if (errorByMessage) {
            notices.error(index);
        }
    }

    /// Whether someone wants to know of marked pages.
    boolean wantsMarked() {
        return marked != null;
    }

    /// Pages were marked.
    void marked() {
        if (marked != null) {
            signal(marked);
        }
    }

    /// Lets the worker go on if it has been writing to one descriptor since the last call, which takes that long
    /// only if the front end makes it wait. Control thread.
    void unblock() {
        EventNotifier writing = signalled;
        long now = signals;
        if (writing != null && now == signalsSeen) {
            writing.unblock();
        }
        signalsSeen = now;
    }

    private void signal(EventNotifier notifier) {
        signals++;
        signalled = notifier;
        notifier.signal();
        signalled = null;
    }
}
