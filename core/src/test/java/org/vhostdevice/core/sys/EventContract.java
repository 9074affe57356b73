package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What notifications do, whatever the front end makes them of.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class EventContract {
    /// More than any kind can hold unread.
    private static final int MANY = 20_000;

    private EventConsumer consumer;
    private EventNotifier notifier;

    /// New ends as a front end may pass them.
    abstract Notification open() throws IOException;

    /// Whether each side sees that the other has closed its end.
    abstract boolean hasTwoEnds();

    @BeforeEach
    void adopt() throws IOException {
        Notification ends = open();
        consumer = EventConsumer.adopt(ends.readEnd());
        // A front end closes its own descriptors once they are sent; an eventfd stays the same file.
        notifier = EventNotifier.adopt(
                hasTwoEnds() ? ends.writeEnd() : ends.writeEnd().duplicate());
    }

    @AfterEach
    void close() {
        consumer.close();
        notifier.close();
    }

    private boolean isReadable() throws IOException {
        return (UnixSocket.poll(consumer.fd(), Poller.READ, 0) & Poller.READ) != 0;
    }

    @Test
    void signalMakesTheOtherEndReadableUntilDrained() throws IOException {
        assertFalse(isReadable());
        notifier.signal();
        assertTrue(isReadable());
        assertTrue(consumer.drain());
        assertFalse(isReadable());
    }

    @Test
    void drainWithoutSignalReturnsAtOnce() {
        assertTrue(consumer.drain());
    }

    @Test
    void signalsThatNoOneReadsNeverWait() throws IOException {
        for (int i = 0; i < MANY; i++) {
            notifier.signal();
        }
        while (isReadable()) {
            assertTrue(consumer.drain());
        }
        notifier.signal();
        assertTrue(isReadable());
    }

    @Test
    void endOfTheWriterEndsTheConsumer() throws IOException {
        notifier.signal();
        notifier.close();
        assertTrue(consumer.drain());
        assertEquals(!hasTwoEnds(), consumer.drain());
    }

    @Test
    void endOfTheReaderIsNoErrorOfTheNotifier() {
        consumer.close();
        notifier.signal();
        notifier.signal();
    }

    @Test
    void unblockNeverWaits() {
        notifier.unblock();
        notifier.signal();
        notifier.unblock();
        notifier.close();
        notifier.unblock();
    }

    @Test
    void frontEndThatClearsNonBlockingDoesNotHoldTheConsumerUp() throws IOException {
        assumeTrue(Capability.NOWAIT_IO.available());
        try (OwnedFd shared = new OwnedFd(consumer.fd()).duplicate()) {
            shared.setBlocking();
            assertTrue(consumer.drain());
            notifier.signal();
            assertTrue(consumer.drain());
            assertTrue(consumer.drain());
        }
    }

    @Test
    void closeTwiceIsOnce() throws IOException {
        consumer.close();
        notifier.close();
        try (Notification other = open()) {
            consumer.close();
            notifier.close();
            assertTrue(OpenFiles.isOpen(other.readEnd().number()));
            assertTrue(OpenFiles.isOpen(other.writeEnd().number()));
        }
        assertThrows(IllegalStateException.class, () -> {
            var _ = consumer.fd();
        });
    }
}
