package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;

/// A ring with the descriptors around it: kick, call and error. One thread at a time uses it, waiting included.
public final class FrontendQueue implements AutoCloseable {
    private enum Source {
        CALL,
        ERROR,
        CONNECTION
    }

    private static final Logger LOGGER = System.getLogger(FrontendQueue.class.getName());

    static final int BUFFER_ALIGNMENT = 4096;

    /// What stands in for the descriptors where notifications are in-band. A queue's user waits for descriptors all the
    /// same; the thread that serves the back end's requests signals them.
    private record Messages(VhostUserClient client, EventNotifier call, EventNotifier error) {}

    /// Looks at the ring between two looks at the clock.
    private static final int LOOKS = 16;

    private final int index;
    private final DriverQueue ring;
    private final OwnedFd kickForBackend;
    private final OwnedFd callForBackend;
    private final OwnedFd errorForBackend;
    private final EventNotifier kick;
    private final EventConsumer call;
    private final EventConsumer error;
    private final Poller poller;
    private int connection = -1;
    private volatile @Nullable Messages messages;
    private long buffer;
    private long bufferBytes;
    private final long haltPollNanos;
    private long kicks;
    private long calls;

    /// Makes the descriptors of a ring.
    ///
    /// @param index its number on the connection
    /// @param ring  the driver's side
    /// @param link  what to make the descriptors of, and how long to look before sleeping
    /// @throws IOException if the host refuses
    FrontendQueue(int index, DriverQueue ring, FrontendOptions.Link link) throws IOException {
        this.index = index;
        this.ring = ring;
        haltPollNanos = link.haltPoll().toNanos();
        Notification.Kind kind = link.notifications();
        var opened = new CloseList();
        try {
            Notification kickEnds = Notification.create(kind);
            opened.add(kickEnds::close);
            Notification callEnds = Notification.create(kind);
            opened.add(callEnds::close);
            Notification errorEnds = Notification.create(kind);
            opened.add(errorEnds::close);
            kickForBackend = kickEnds.readEnd();
            callForBackend = callEnds.writeEnd();
            errorForBackend = errorEnds.writeEnd();
            kick = EventNotifier.adopt(kickEnds.writeEnd());
            opened.add(kick::close);
            call = EventConsumer.adopt(callEnds.readEnd());
            opened.add(call::close);
            error = EventConsumer.adopt(errorEnds.readEnd());
            opened.add(error::close);
            poller = Poller.create();
            opened.add(poller::close);
            poller.add(call.fd(), Poller.READ, Source.CALL);
            poller.add(error.fd(), Poller.READ, Source.ERROR);
        } catch (IOException e) {
            opened.closeAll();
            throw e;
        }
    }

    /// {@return its number on the connection}
    public int index() {
        return index;
    }

    /// {@return the driver's side of the ring}
    public DriverQueue ring() {
        return ring;
    }

    /// {@return how often the back end was kicked}
    public long kicks() {
        return kicks;
    }

    /// {@return how often a wait was ended by a call; calls that came together count once}
    public long calls() {
        return calls;
    }

    OwnedFd kickForBackend() {
        return kickForBackend;
    }

    OwnedFd callForBackend() {
        return callForBackend;
    }

    OwnedFd errorForBackend() {
        return errorForBackend;
    }

    /// A part of guest memory for the requests of one user at a time. It is the same again unless more is asked for
    /// than ever before, as guest memory is not given back.
    ///
    /// @return guest address, on the boundary of a page
    long buffer(FrontendMemory memory, long bytes) {
        if (bytes > bufferBytes) {
            buffer = memory.allocate(bytes, BUFFER_ALIGNMENT);
            bufferBytes = bytes;
        }
        return buffer;
    }

    /// Has waits end when a new connection does. What the last back end signalled is forgotten.
    void watch(int socket) throws IOException {
        unwatch();
        drain(call);
        drain(error);
        poller.add(socket, Poller.HANGUP, Source.CONNECTION);
        connection = socket;
    }

    /// Before the connection's socket is closed.
    void unwatch() {
        if (connection >= 0) {
            poller.remove(connection);
            connection = -1;
        }
    }

    /// Kicks by messages from now on; calls and errors come through [#calledByMessage] and [#failedByMessage].
    void useMessages(VhostUserClient client) throws IOException {
        closeMessages();
        OwnedFd callEnd = callForBackend.duplicate();
        OwnedFd errorEnd = errorForBackend.duplicate();
        messages = new Messages(client, EventNotifier.adopt(callEnd), EventNotifier.adopt(errorEnd));
    }

    /// The back end has called by a message. The thread that serves its requests.
    void calledByMessage() {
        Messages now = messages;
        if (now != null) {
            now.call.signal();
        }
    }

    /// The back end has given the ring up by a message. The thread that serves its requests.
    void failedByMessage() {
        Messages now = messages;
        if (now != null) {
            now.error.signal();
        }
    }

    private void closeMessages() {
        Messages old = messages;
        messages = null;
        if (old != null) {
            old.call.close();
            old.error.close();
        }
    }

    /// Publishes all offered chains and kicks the back end if it asks for it.
    public void submit() {
        if (ring.publish()) {
            kick();
        }
    }

    /// Kicks the back end, needed or not. That a back end is gone is told to who waits.
    public void kick() {
        Messages now = messages;
        kicks++;
        if (now == null) {
            kick.signal();
            return;
        }
        try {
            now.client.vringKick(index);
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "ring " + index + " cannot be kicked", e);
        }
    }

    /// Waits until a chain can be taken. Interrupts are asked for while it waits, and no longer.
    ///
    /// @param timeoutNanos how long to wait
    /// @return whether there is a chain to take; otherwise the time is over
    /// @throws BackendDisconnected if the back end is gone
    /// @throws BackendRefusal      if the back end gave the ring up (SET_VRING_ERR)
    /// @throws IOException         if the host fails
    public boolean awaitUsed(long timeoutNanos) throws IOException {
        long deadline = System.nanoTime() + timeoutNanos;
        try {
            while (!ring.arm()) {
                if (haltPollNanos > 0 && look()) {
                    return true;
                }
                long left = deadline - System.nanoTime();
                awaitEvents(Math.max(left, 0));
                if (left <= 0) {
                    return ring.arm();
                }
            }
            return true;
        } finally {
            ring.disarm();
        }
    }

    /// Looks at the ring for a moment, as a processor does that was told to halt.
    private boolean look() throws BackendViolation {
        long end = System.nanoTime() + haltPollNanos;
        while (System.nanoTime() - end < 0) {
            for (int i = 0; i < LOOKS; i++) {
                if (ring.pending() > 0) {
                    return true;
                }
                Thread.onSpinWait();
            }
        }
        return false;
    }

    /// Waits for a call, whether chains can be taken or not. For tests of when back ends call.
    ///
    /// @param timeoutNanos how long to wait
    /// @return whether there was one
    /// @throws IOException as [#awaitUsed]
    public boolean awaitCall(long timeoutNanos) throws IOException {
        long deadline = System.nanoTime() + timeoutNanos;
        long before = calls;
        long left = timeoutNanos;
        while (calls == before && left >= 0) {
            awaitEvents(left);
            left = deadline - System.nanoTime();
        }
        return calls != before;
    }

    private void awaitEvents(long timeoutNanos) throws IOException {
        int ready = poller.await(timeoutNanos);
        for (int i = 0; i < ready; i++) {
            switch ((Source) poller.token(i)) {
                case CALL -> {
                    drain(call);
                    calls++;
                }
                case ERROR -> {
                    drain(error);
                    throw new BackendRefusal("the back end gave up ring " + index);
                }
                case CONNECTION -> throw new BackendDisconnected("the back end is gone; ring " + index + " waits");
            }
        }
    }

    /// Nothing comes any more from a descriptor whose other ends are closed, so it is not watched any more.
    private void drain(EventConsumer consumer) {
        if (!consumer.drain()) {
            poller.remove(consumer.fd());
        }
    }

    /// Closes all descriptors.
    @Override
    public void close() {
        closeMessages();
        poller.close();
        kick.close();
        call.close();
        error.close();
        kickForBackend.close();
        callForBackend.close();
        errorForBackend.close();
    }
}
