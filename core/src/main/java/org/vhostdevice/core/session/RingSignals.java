package org.vhostdevice.core.session;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.virtqueue.Virtqueue;

/// How a ring tells the front end what has happened: by descriptors, which are borrowed, or by messages. Worker thread,
/// but for [#unblock].
final class RingSignals {
    private final int index;
    private final FrontendNotices notices;
    private final QueueMetrics metrics;

    private @Nullable EventNotifier call;
    private @Nullable EventNotifier error;
    private @Nullable EventNotifier marked;
    // In-band notifications: what has no descriptor is a message.
    private boolean callByMessage;
    private boolean errorByMessage;

    // The signal that the worker is giving, if any, and their number; written in this order.
    private long signals;
    private volatile @Nullable EventNotifier signalled;
    private long signalsSeen; // control thread

    /// @param index of the ring
    RingSignals(int index, FrontendNotices notices, QueueMetrics metrics) {
        this.index = index;
        this.notices = notices;
        this.metrics = metrics;
    }

    /// @param byMessage whether a message does where there is no descriptor
    void useCall(@Nullable EventNotifier newCall, boolean byMessage) {
        call = newCall;
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
    }

    /// Buffers were used.
    void call() {
        if (call != null) {
            metrics.notified();
            signal(call);
        } else if (callByMessage) {
            metrics.notified();
            notices.call(index);
        }
    }

    /// Calls again, some time after a call, if the driver still has not looked: a guest in User Mode Linux that was
    /// about to sleep when it was called sleeps until its next timer.
    void remind(Virtqueue queue) {
        if (queue.unheeded()) {
            call();
        }
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
