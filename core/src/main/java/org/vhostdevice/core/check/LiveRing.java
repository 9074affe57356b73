package org.vhostdevice.core.check;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;

/// A ring of a back end, with the descriptors around it. One thread.
final class LiveRing implements AutoCloseable {
    /// How long is waited for what must not happen. Longer finds more, shorter is never wrong.
    static final Duration QUIET = Duration.ofMillis(60);

    private static final long GLANCE_MILLIS = 1;
    private static final int PAGE = 1 << 16;

    private final int index;
    private final CheckRing ring;
    private final VhostUserClient client;
    private final Duration timeout;
    private final OwnedFd kickEnd;
    private final OwnedFd callEnd;
    private final OwnedFd errEnd;
    private final EventNotifier kick;
    private final EventConsumer call;
    private final EventConsumer err;

    LiveRing(int index, CheckRing ring, VhostUserClient client, CheckOptions options, Notification.Kind kind)
            throws IOException {
        this.index = index;
        this.ring = ring;
        this.client = client;
        timeout = options.timeout();
        Notification kicks = Notification.create(kind);
        Notification calls = Notification.create(kind);
        Notification errs = Notification.create(kind);
        kickEnd = kicks.readEnd();
        callEnd = calls.writeEnd();
        errEnd = errs.writeEnd();
        kick = EventNotifier.adopt(kicks.writeEnd());
        call = EventConsumer.adopt(calls.readEnd());
        err = EventConsumer.adopt(errs.readEnd());
    }

    int index() {
        return index;
    }

    CheckRing ring() {
        return ring;
    }

    OwnedFd kickEnd() {
        return kickEnd;
    }

    OwnedFd callEnd() {
        return callEnd;
    }

    OwnedFd errEnd() {
        return errEnd;
    }

    void kick() {
        kick.signal();
    }

    /// Makes a chain available and kicks.
    ///
    /// @return what the device will know it by
    int submit(List<Descriptor> chain) {
        int id = ring.add(chain);
        publishAndKick();
        return id;
    }

    void publishAndKick() {
        ring.publish();
        kick();
    }

    /// Waits for the next used chain, notified or not.
    ///
    /// @throws CheckEnded as a failure if there is none
    Used awaitUsed(String what) throws IOException {
        return pollUsed(timeout)
                .orElseThrow(() -> CheckEnded.fail(what + " is used", "not used within " + timeout.toMillis() + " ms"));
    }

    /// The next used chain within a time.
    Optional<Used> pollUsed(Duration within) throws IOException {
        long deadline = System.nanoTime() + within.toNanos();
        while (!ring.hasNext()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left < 0) {
                return Optional.empty();
            }
            glance(Math.min(left, GLANCE_MILLIS));
        }
        return ring.next();
    }

    /// Fails if a chain is used.
    void requireUnused(String state) throws IOException {
        Optional<Used> used = pollUsed(QUIET);
        CheckEnded.require(used.isEmpty(), "nothing is used while " + state, "chain " + used + " was used");
    }

    /// Fails if there is a call.
    void requireSilent(String state) throws IOException {
        CheckEnded.require(!awaitCall(QUIET), "no call while " + state, "the call descriptor was signalled");
    }

    /// Waits for a call.
    ///
    /// @return whether there was one
    boolean awaitCall(Duration within) throws IOException {
        return await(call, within);
    }

    void requireCall(String reason) throws IOException {
        CheckEnded.require(awaitCall(timeout), "a call, as " + reason, "no call within " + timeout.toMillis() + " ms");
    }

    /// Waits for the error descriptor.
    boolean awaitError(Duration within) throws IOException {
        return await(err, within);
    }

    /// Has no room for calls any more.
    void fillCalls() throws IOException {
        try (EventNotifier filler = EventNotifier.adopt(callEnd.duplicate())) {
            while ((UnixSocket.poll(callEnd.number(), Poller.WRITE, 0) & Poller.WRITE) != 0) {
                filler.signal();
            }
            // A pipe that is not ready may have some room in its last page.
            for (int i = 0; i < PAGE / Long.BYTES; i++) {
                filler.signal();
            }
        }
    }

    /// Waits for something else than this ring's own descriptors.
    boolean awaitReadable(int fd) throws IOException {
        return (UnixSocket.poll(fd, Poller.READ, timeout.toMillis()) & Poller.READ) != 0;
    }

    /// Forgets the calls so far.
    void forgetCalls() {
        boolean _ = call.drain();
    }

    private boolean await(EventConsumer consumer, Duration within) throws IOException {
        long deadline = System.nanoTime() + within.toNanos();
        while (true) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left < 0) {
                return false;
            }
            int ready = UnixSocket.poll(consumer.fd(), Poller.READ, client.fd(), left);
            if ((ready & Poller.READ) != 0) {
                boolean _ = consumer.drain();
                return true;
            }
            requireConnected(ready);
        }
    }

    private void glance(long millis) throws IOException {
        requireConnected(UnixSocket.poll(call.fd(), 0, client.fd(), Math.max(1, millis)));
    }

    private void requireConnected(int ready) throws IOException {
        if ((ready & UnixSocket.WOKEN) != 0) {
            var message = client.receiveRaw(Duration.ZERO);
            throw new BackendViolation("unasked message: " + message);
        }
    }

    @Override
    public void close() {
        kick.close();
        call.close();
        err.close();
        kickEnd.close();
        callEnd.close();
        errEnd.close();
    }
}
