package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.vhostdevice.core.frontend.Chain;
import org.vhostdevice.core.frontend.ChainLayout;
import org.vhostdevice.core.frontend.DriverQueue;
import org.vhostdevice.core.frontend.DriverQueueOptions;
import org.vhostdevice.core.frontend.FrontendMemory;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.RngTestDevice;

/// The driver of one queue of an [RngTestDevice], with the descriptors of its notifications.
final class StepQueue implements AutoCloseable {
    static final int SIZE = 16;
    private static final int BUFFER = 64;
    private static final long LIMIT_MILLIS = 10_000;

    final int index;
    final DriverQueue ring;
    private final FrontendMemory memory;
    private final Notification kick;
    private final Notification error;
    private final EventNotifier kicker;
    private final EventConsumer errors;
    private Notification call;
    private EventConsumer calls;
    private final Map<Integer, Long> buffers = new HashMap<>();

    StepQueue(int index, FrontendMemory memory, long features) throws IOException {
        this.index = index;
        this.memory = memory;
        boolean eventIdx = (features & StepFrontend.EVENT_IDX) != 0;
        this.ring = DriverQueue.allocate(new DriverQueueOptions(SIZE, eventIdx, 0), memory);
        this.kick = Notification.create();
        this.kicker = EventNotifier.adopt(kick.writeEnd().duplicate());
        this.error = Notification.create();
        this.errors = EventConsumer.adopt(error.readEnd().duplicate());
        this.call = Notification.create();
        this.calls = EventConsumer.adopt(call.readEnd().duplicate());
    }

    OwnedFd kickEnd() {
        return kick.readEnd();
    }

    OwnedFd callEnd() {
        return call.writeEnd();
    }

    OwnedFd errorEnd() {
        return error.writeEnd();
    }

    /// Makes another call descriptor, to be passed on.
    OwnedFd renewCall() throws IOException {
        call.close();
        calls.close();
        call = Notification.create();
        calls = EventConsumer.adopt(call.readEnd().duplicate());
        return call.writeEnd();
    }

    /// Makes requests available and kicks, whether the device wants it or not.
    void request(int count) {
        offer(count);
        kick();
    }

    /// Makes requests available without a kick.
    ///
    /// @return whether the device wants one
    boolean offer(int count) {
        for (int i = 0; i < count; i++) {
            long address = memory.allocate(BUFFER, 8);
            memory.slice(address, BUFFER).fill((byte) 0);
            var chain = new Chain();
            chain.writable(address, BUFFER);
            int head = ring.add(chain, ChainLayout.DIRECT);
            assertTrue(head != DriverQueue.NONE, "room in the ring");
            buffers.put(head, address);
        }
        return ring.publish();
    }

    void kick() {
        kicker.signal();
    }

    /// Waits until so many requests have come back, and checks each.
    void awaitUsed(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            while (!ring.arm()) {
                assertTrue(awaitCall(LIMIT_MILLIS), "a call for request " + i + " of " + count);
            }
            takeUsed();
        }
    }

    /// Waits until so many have come back by looking again and again, for drivers without calls.
    void pollUsed(int count) throws IOException {
        long deadline = System.nanoTime() + LIMIT_MILLIS * 1_000_000;
        for (int i = 0; i < count; i++) {
            while (ring.pending() == 0) {
                assertTrue(System.nanoTime() < deadline, "request " + i + " of " + count);
                Thread.onSpinWait();
            }
            takeUsed();
        }
    }

    void takeUsed() throws IOException {
        assertTrue(ring.nextUsed());
        assertEquals(BUFFER, ring.usedLength());
        MemorySegment buffer = memory.slice(buffers.remove(ring.usedHead()), BUFFER);
        byte[] expected = new byte[BUFFER];
        Arrays.fill(expected, RngTestDevice.BYTE);
        assertArrayEquals(expected, buffer.toArray(ValueLayout.JAVA_BYTE));
    }

    /// Waits for a call and takes it.
    boolean awaitCall(long millis) throws IOException {
        boolean called = UnixSocket.poll(calls.fd(), Poller.READ, millis) != 0;
        if (called) {
            calls.drain();
        }
        return called;
    }

    /// Waits for the report that the ring is broken.
    boolean awaitError(long millis) throws IOException {
        boolean reported = UnixSocket.poll(errors.fd(), Poller.READ, millis) != 0;
        if (reported) {
            errors.drain();
        }
        return reported;
    }

    @Override
    public void close() {
        kicker.close();
        errors.close();
        calls.close();
        kick.close();
        error.close();
        call.close();
    }
}
