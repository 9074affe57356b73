package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.protocol.BackendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.transport.BackendChannel;

/// What the front end is told by messages on the back-end channel: used buffers and broken rings, where notifications
/// are in-band, and a changed configuration.
///
/// Whoever has something to tell only makes a note of it: one bit for each ring and kind, however often it happens.
/// A thread for each channel sends what was noted. It asks for the acknowledgement of in-band notifications, as the
/// specification wants it, and waits for it as long as the front end takes, before it sends the next. So no worker and
/// no answer to a message ever waits for a front end that does not read its channel, or is stopped for an hour.
///
/// A ring that stops calls [#flush]: what it still has to tell is sent at once, without the acknowledgements of what
/// went before, since a front end that waits for the ring's stop may acknowledge nothing until then. If the channel is
/// full, it is dropped. Afterwards nothing is told of the ring until it starts again.
final class FrontendNotices implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(FrontendNotices.class.getName());
    private static final VarHandle BITS = MethodHandles.arrayElementVarHandle(int[].class);

    /// What can be told about a ring, and of the device.
    private enum Kind {
        CALL(1, BackendRequest.VRING_CALL, true),
        ERROR(2, BackendRequest.VRING_ERR, true),
        CONFIG(4, BackendRequest.CONFIG_CHANGE_MSG, false);

        private static final Kind[] ALL = values();

        private final int bit;
        private final BackendRequest request;
        private final boolean acknowledged;

        Kind(int bit, BackendRequest request, boolean acknowledged) {
            this.bit = bit;
            this.request = request;
            this.acknowledged = acknowledged;
        }

        Message payload(int slot) {
            return this == CONFIG ? Message.EMPTY : new Message.VringState(slot, 0);
        }
    }

    /// Notes by queue, and those of the device in the last place.
    private final int[] notes;

    /// Taken for a note and its message together, never while waiting.
    private final Object turn = new Object();

    private final Runnable whenLost;

    /// While all rings are stopped, nothing is told of the device. Set in turn.
    private volatile boolean suspended = true;

    private volatile @Nullable Sender sender;

    /// @param queues of the device
    /// @param whenLost done by another thread when a channel can be used no longer
    FrontendNotices(int queues, Runnable whenLost) {
        this.notes = new int[queues + 1];
        this.whenLost = whenLost;
    }

    /// Notes that buffers of a ring were used. Any thread.
    void call(int queue) {
        note(queue, Kind.CALL);
    }

    /// Notes that a ring is broken. Any thread.
    void error(int queue) {
        note(queue, Kind.ERROR);
    }

    /// Notes that the configuration space has changed. Any thread.
    void configChanged() {
        note(notes.length - 1, Kind.CONFIG);
    }

    /// Sends what is noted of a ring that has stopped, or drops it. Control thread.
    void flush(int queue) {
        synchronized (turn) {
            int bits = (int) BITS.getAndSet(notes, queue, 0);
            Sender now = sender;
            if (bits == 0 || now == null) {
                return;
            }
            for (Kind kind : Kind.ALL) {
                if ((bits & kind.bit) != 0) {
                    now.sendOrDrop(kind, queue);
                }
            }
        }
    }

    /// All rings have stopped: what is noted of the device is sent or dropped, and nothing more until [#resume].
    /// Control thread.
    void suspend() {
        synchronized (turn) {
            flush(notes.length - 1);
            suspended = true;
        }
    }

    /// A ring starts: what was noted meanwhile is sent. Control thread.
    void resume() {
        if (suspended) {
            suspended = false;
            wake(sender);
        }
    }

    /// Uses another channel, and owns it. What is noted goes there. Control thread.
    void use(BackendChannel channel) {
        close();
        var next = new Sender(channel);
        sender = next;
        next.thread.start();
    }

    /// Closes the channel. Control thread.
    @Override
    public void close() {
        Sender old = sender;
        sender = null;
        if (old != null) {
            old.end();
        }
    }

    private void note(int slot, Kind kind) {
        int before = (int) BITS.getAndBitwiseOr(notes, slot, kind.bit);
        if ((before & kind.bit) == 0) {
            wake(sender);
        }
    }

    private static void wake(@Nullable Sender now) {
        if (now != null) {
            LockSupport.unpark(now.thread);
        }
    }

    /// Of a stopped ring nothing is noted, but that it did not start; of a suspended device something may be.
    private boolean isHeld(int slot) {
        return suspended && slot == notes.length - 1;
    }

    private boolean take(int slot, Kind kind) {
        return ((int) BITS.getAndBitwiseAnd(notes, slot, ~kind.bit) & kind.bit) != 0;
    }

    /// A channel with the thread that sends on it.
    private final class Sender {
        private final BackendChannel channel;
        private final Thread thread;
        private volatile boolean ended;

        Sender(BackendChannel channel) {
            this.channel = channel;
            this.thread = Thread.ofPlatform().daemon().name("vhost-notices").unstarted(this::run);
        }

        /// Ends the thread, then closes the channel.
        void end() {
            ended = true;
            channel.abort();
            LockSupport.unpark(thread);
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            channel.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        void sendOrDrop(Kind kind, int slot) {
            try {
                if (!channel.trySend(kind.request, kind.payload(slot), false)) {
                    LOGGER.log(Level.DEBUG, "a notification is dropped, since the front end does not read its channel");
                }
            } catch (IOException e) {
                LOGGER.log(Level.DEBUG, "the back-end channel is lost", e);
            }
        }

        private void run() {
            try {
                while (!ended) {
                    if (!sendAll()) {
                        LockSupport.park(this);
                    }
                }
            } catch (IOException e) {
                if (!ended) {
                    LOGGER.log(Level.DEBUG, "the back-end channel is lost", e);
                    whenLost.run();
                }
            }
        }

        /// @return whether there was anything to send
        private boolean sendAll() throws IOException {
            boolean any = false;
            for (int slot = 0; slot < notes.length; slot++) {
                int bits = isHeld(slot) ? 0 : (int) BITS.getAcquire(notes, slot);
                for (Kind kind : Kind.ALL) {
                    if ((bits & kind.bit) != 0) {
                        any = true;
                        send(kind, slot);
                    }
                }
            }
            return any;
        }

        private void send(Kind kind, int slot) throws IOException {
            boolean sent;
            synchronized (turn) {
                if (isHeld(slot) || !take(slot, kind)) {
                    return; // the ring has stopped meanwhile
                }
                sent = channel.trySend(kind.request, kind.payload(slot), kind.acknowledged);
                if (!sent) {
                    BITS.getAndBitwiseOr(notes, slot, kind.bit);
                }
            }
            if (!sent) {
                channel.awaitRoom();
            } else if (kind.acknowledged && !channel.awaitAcknowledgement(kind.request)) {
                LOGGER.log(Level.DEBUG, "the front end refuses " + kind.request);
            }
        }
    }
}
