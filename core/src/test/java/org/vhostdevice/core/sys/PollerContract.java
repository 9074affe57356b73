package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What every poller does.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class PollerContract {
    private static final int SHUT_WR = 1;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private Poller poller;
    private int near;
    private OwnedFd far;

    abstract Poller create() throws IOException;

    @BeforeEach
    void open() throws IOException {
        poller = opened(create());
        List<OwnedFd> pair = UnixSocket.pair();
        near = opened(pair.getFirst()).number();
        far = opened(pair.getLast());
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : opened) {
            resource.close();
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        opened.add(resource);
        return resource;
    }

    private Wakeup wakeup() throws IOException {
        return opened(Wakeup.create());
    }

    private void send() {
        assertEquals(8, SocketTransfer.send(far.number(), Arena.ofAuto().allocate(8)));
    }

    private void assertReady(int bits) throws IOException {
        assertEquals(1, poller.await(-1));
        assertEquals(bits, poller.ready(0));
    }

    @Test
    void nothingWatchedIsNothingReady() throws IOException {
        assertEquals(0, poller.await(0));
        assertEquals(0, poller.await(1));
    }

    @Test
    void aNotificationIsReportedOnceForEachSignalWhereItIsNotDrained() throws IOException {
        Notification ends = Notification.create();
        EventNotifier notifier = opened(EventNotifier.adopt(ends.writeEnd()));
        EventConsumer consumer = opened(EventConsumer.adopt(ends.readEnd()));
        notifier.signal();
        boolean drained = consumer.watch(poller, "token");
        assertEquals(!poller.edges() || !Capability.EVENTFD.available(), drained);
        for (int i = 0; i < 3; i++) {
            assertReady(Poller.READ);
            if (drained) {
                assertTrue(consumer.drain());
            }
            assertEquals(0, poller.await(0));
            notifier.signal();
        }
        assertReady(Poller.READ);
    }

    @Test
    void readableIsReportedUntilItIsRead() throws IOException {
        Wakeup wakeup = wakeup();
        poller.add(wakeup.fd(), Poller.READ, "token");
        assertEquals(0, poller.await(0));
        wakeup.wake();
        assertReady(Poller.READ);
        assertSame("token", poller.token(0));
        assertReady(Poller.READ);
        wakeup.drain();
        assertEquals(0, poller.await(0));
    }

    @Test
    void waitForEverIsEndedByAnotherThread() throws Exception {
        Wakeup wakeup = wakeup();
        poller.add(wakeup.fd(), Poller.READ, wakeup);
        Thread other = Thread.ofPlatform().daemon().start(wakeup::wake);
        assertReady(Poller.READ);
        other.join();
    }

    @Test
    void writableIsReported() throws IOException {
        poller.add(near, Poller.WRITE, "token");
        assertReady(Poller.WRITE);
    }

    @Test
    void bothAreReportedTogether() throws IOException {
        send();
        poller.add(near, Poller.READ | Poller.WRITE, "token");
        assertReady(Poller.READ | Poller.WRITE);
    }

    @Test
    void interestCanChange() throws IOException {
        send();
        poller.add(near, 0, "token");
        assertEquals(0, poller.await(0));
        poller.modify(near, Poller.WRITE);
        assertReady(Poller.WRITE);
        poller.modify(near, Poller.READ);
        assertReady(Poller.READ);
        poller.modify(near, Poller.READ);
        assertReady(Poller.READ);
        poller.modify(near, 0);
        assertEquals(0, poller.await(0));
    }

    @Test
    void withoutInterestNothingIsReportedNotEvenAHangup() throws IOException {
        poller.add(near, Poller.READ, "token");
        poller.modify(near, 0);
        far.close();
        assertEquals(0, poller.await(0));
        assertEquals(0, poller.await(0));
        poller.modify(near, Poller.READ);
        assertReady(Poller.READ | Poller.HANGUP);
        poller.modify(near, 0);
        assertEquals(0, poller.await(0));
        poller.remove(near);
        assertEquals(0, poller.await(0));
    }

    @Test
    void interestThatComesBackBeforeAnythingIsReadyGoesOn() throws IOException {
        poller.add(near, Poller.READ | Poller.WRITE, "token");
        poller.modify(near, Poller.WRITE);
        poller.modify(near, Poller.READ);
        assertEquals(0, poller.await(0));
        send();
        poller.modify(near, 0);
        assertEquals(0, poller.await(0));
        poller.modify(near, Poller.READ);
        assertReady(Poller.READ);
        poller.modify(near, Poller.WRITE);
        assertReady(Poller.WRITE);
    }

    @Test
    void closedPeerIsAHangupThatReadsAsEnd() throws IOException {
        poller.add(near, Poller.READ | Poller.HANGUP, "token");
        far.close();
        assertReady(Poller.READ | Poller.HANGUP);
    }

    @Test
    void peerThatClosedItsWritingHalfIsAHangupIfAskedFor() throws IOException {
        poller.add(near, Poller.HANGUP, "token");
        send();
        assertEquals(0, poller.await(0));
        assertEquals(0, SocketCalls.shutdown(far.number(), SHUT_WR));
        assertReady(Poller.HANGUP);
    }

    @Test
    void peerThatClosedItsWritingHalfIsTheEndOnlyIfAHangupIsNotAskedFor() throws IOException {
        poller.add(near, Poller.READ | Poller.WRITE, "token");
        assertEquals(0, SocketCalls.shutdown(far.number(), SHUT_WR));
        assertReady(Poller.READ | Poller.WRITE);
    }

    @Test
    void lastWriterOfAPipeGoneIsAHangup() throws IOException {
        Notification pipe = opened(Notification.create(Notification.Kind.PIPE));
        poller.add(pipe.readEnd().number(), Poller.READ, "token");
        pipe.writeEnd().close();
        assertEquals(1, poller.await(-1));
        assertTrue((poller.ready(0) & Poller.HANGUP) != 0);
    }

    @Test
    void removedIsNotReportedAgain() throws IOException {
        send();
        poller.add(near, Poller.READ, "token");
        assertReady(Poller.READ);
        poller.remove(near);
        assertEquals(0, poller.ready(0));
        assertEquals(0, poller.await(0));
        poller.add(near, Poller.READ, "again");
        assertReady(Poller.READ);
        assertSame("again", poller.token(0));
    }

    @Test
    void numberThatIsUsedAgainInTheSameBatchIsNotMistaken() throws IOException {
        Wakeup first = wakeup();
        Wakeup second = wakeup();
        poller.add(first.fd(), Poller.READ, first);
        poller.add(second.fd(), Poller.READ, second);
        first.wake();
        second.wake();
        assertEquals(2, poller.await(-1));
        int other = poller.token(0) == first ? 1 : 0;
        poller.remove(second.fd());
        poller.add(second.fd(), Poller.READ, "new");
        assertEquals(Poller.READ, poller.ready(1 - other));
        assertEquals(0, poller.ready(other));
        assertSame(second, poller.token(other));
    }

    @Test
    void misuseIsRefused() throws IOException {
        poller.add(near, Poller.READ, "token");
        assertThrows(IllegalArgumentException.class, () -> poller.add(near, Poller.READ, "twice"));
        int unknown = far.number();
        assertThrows(IllegalArgumentException.class, () -> poller.modify(unknown, Poller.READ));
        assertThrows(IllegalArgumentException.class, () -> poller.remove(unknown));
        assertThrows(IllegalArgumentException.class, () -> poller.remove(-1));
        assertEquals(0, poller.await(0));
        assertThrows(IndexOutOfBoundsException.class, () -> {
            var _ = poller.ready(0);
        });
        assertThrows(IndexOutOfBoundsException.class, () -> {
            var _ = poller.token(0);
        });
    }

    @Test
    void everyOneOfManyIsReported() throws IOException {
        Set<Wakeup> pending = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            Wakeup wakeup = wakeup();
            poller.add(wakeup.fd(), Poller.READ, wakeup);
            wakeup.wake();
            pending.add(wakeup);
        }
        while (!pending.isEmpty()) {
            int n = poller.await(-1);
            assertTrue(n > 0);
            for (int i = 0; i < n; i++) {
                Wakeup wakeup = (Wakeup) poller.token(i);
                assertTrue(pending.remove(wakeup));
                wakeup.drain();
                poller.remove(wakeup.fd());
            }
        }
        assertEquals(0, poller.await(0));
    }
}
