package org.vhostdevice.core.frontend.console;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.SlotQueue;

/// Two queues of bytes: a port of a console device, or its control queues. One thread.
public final class ConsolePort {
    private final SlotQueue receive;
    private final SlotQueue transmit;

    /// Makes the buffers of two queues, and gives those for reception to the device.
    ///
    /// @param frontend started
    /// @param first    queue from the device; the one to the device follows it
    /// @param slots    buffers in each queue
    /// @param bytes    of a buffer
    public ConsolePort(Frontend frontend, int first, int slots, int bytes) {
        receive = new SlotQueue(frontend, first, new SlotQueue.Plan(slots, 0, bytes));
        transmit = new SlotQueue(frontend, first + 1, new SlotQueue.Plan(slots, bytes, 0));
        receive.offerAll(bytes);
    }

    /// {@return the most bytes of a buffer}
    public int bufferBytes() {
        return Math.toIntExact(transmit.readable(0).byteSize());
    }

    /// Sends bytes, and waits until the device has given their buffers back.
    ///
    /// @param bytes at least one
    /// @throws BackendTimeout if the device keeps a buffer
    /// @throws IOException    if the back end fails
    public void send(byte... bytes) throws IOException {
        MemorySegment from = MemorySegment.ofArray(bytes);
        for (int at = 0; at < bytes.length; at += bufferBytes()) {
            post(from.asSlice(at, Math.min(bufferBytes(), bytes.length - at)));
        }
        awaitSent();
    }

    /// Sends one buffer, and waits only if all are in the device's hands.
    ///
    /// @param bytes at least one, and no more than a buffer has
    /// @throws BackendTimeout if the device gives no buffer back
    /// @throws IOException    if the back end fails
    public void post(MemorySegment bytes) throws IOException {
        int slot = transmit.claim();
        MemorySegment.copy(bytes, 0, transmit.readable(slot), 0, bytes.byteSize());
        transmit.offer(slot, bytes.byteSize(), 0);
        transmit.submit();
    }

    /// Waits until the device has given back all that was sent.
    ///
    /// @throws BackendTimeout if it keeps something
    /// @throws IOException    if the back end fails
    public void awaitSent() throws IOException {
        transmit.awaitAll();
    }

    /// Receives what the device put into one buffer, and gives the buffer back.
    ///
    /// @param timeoutNanos how long to wait for it
    /// @return at least one byte; empty if nothing came
    /// @throws BackendViolation if the device used a buffer without a byte in it
    /// @throws IOException      if the back end fails
    public Optional<byte[]> receive(long timeoutNanos) throws IOException {
        int slot = receive.take(timeoutNanos);
        if (slot == SlotQueue.NONE) {
            return Optional.empty();
        }
        MemorySegment buffer = receive.writable(slot);
        byte[] bytes = buffer.asSlice(0, receive.usedLength()).toArray(ValueLayout.JAVA_BYTE);
        receive.offer(slot, 0, buffer.byteSize());
        receive.submit();
        if (bytes.length == 0) {
            throw new BackendViolation("the device used a receive buffer without a byte in it");
        }
        return Optional.of(bytes);
    }
}
