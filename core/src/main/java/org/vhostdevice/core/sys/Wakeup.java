package org.vhostdevice.core.sys;

import java.io.IOException;

/// Wakes a thread of ours that waits for descriptors.
///
/// Any thread may wake and close it; one thread waits for [#fd()] and drains it.
public final class Wakeup implements AutoCloseable {
    private final EventConsumer consumer;
    private final EventNotifier notifier;
    private boolean closed;

    private Wakeup(EventConsumer consumer, EventNotifier notifier) {
        this.consumer = consumer;
        this.notifier = notifier;
    }

    /// Makes one from an eventfd or else a pipe.
    ///
    /// @return a wake-up of the caller's own
    /// @throws ErrnoException if the process has too many open files
    public static Wakeup create() throws ErrnoException {
        return of(Notification.create());
    }

    static Wakeup of(Notification ends) throws ErrnoException {
        try {
            return new Wakeup(EventConsumer.adopt(ends.readEnd()), EventNotifier.adopt(ends.writeEnd()));
        } catch (ErrnoException e) {
            ends.close();
            throw e;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Makes [#fd()] readable; does nothing once it is closed. Never waits.
    public synchronized void wake() {
        if (!closed) {
            notifier.signal();
        }
    }

    /// Takes back what [#wake()] did so far.
    public void drain() {
        var _ = consumer.drain();
    }

    /// The number to wait for.
    ///
    /// @return its number
    /// @throws IllegalStateException if it is closed
    public int fd() {
        return consumer.fd();
    }

    /// Closes it; no one may wait for it any more.
    @Override
    public synchronized void close() {
        closed = true;
        notifier.close();
        consumer.close();
    }
}
