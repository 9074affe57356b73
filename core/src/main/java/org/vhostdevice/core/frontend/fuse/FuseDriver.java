package org.vhostdevice.core.frontend.fuse;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.SlotQueue;
import org.vhostdevice.core.protocol.Bytes;

/// A driver of a virtio file system device (VIRTIO 1.4, 5.11) that sends FUSE requests as they are and takes the
/// answers; [FuseSession] knows what they mean. One thread.
public final class FuseDriver {
    /// The virtio device id.
    public static final int DEVICE_ID = 26;

    /// Feature: a queue of notifications.
    public static final long NOTIFICATION = 1L;

    /// The queue for FORGET, INTERRUPT and BATCH_FORGET.
    public static final int HIGH_PRIORITY_QUEUE = 0;

    /// Bytes of the tag in the configuration.
    public static final int TAG_BYTES = 36;

    /// Offset in the configuration: the number of request queues, 32 bits.
    public static final int REQUEST_QUEUES = 36;

    private static final int RING = 128;
    private static final int ERROR = 4;
    private static final int UNIQUE = 8;

    private final long timeoutNanos;
    private final SlotQueue urgent;
    private final SlotQueue requests;
    private final long[] uniques;
    private final ByteOrder[] orders;
    private long unique;

    /// The buffers of a driver.
    ///
    /// @param slots   requests at the same time
    /// @param request most bytes of a request
    /// @param reply   most bytes of an answer
    public record Buffers(int slots, int request, int reply) {
        /// For single requests without much data.
        public static final Buffers DEFAULT = new Buffers(16, 64 << 10, 64 << 10);

        SlotQueue.Plan plan() {
            return new SlotQueue.Plan(slots, request, reply);
        }
    }

    /// Makes a driver on the high priority queue and the first request queue.
    ///
    /// @param frontend started
    /// @param buffers  what is allocated in its memory, for each of both queues
    public FuseDriver(Frontend frontend, Buffers buffers) {
        timeoutNanos = frontend.options().link().timeout().toNanos();
        urgent = new SlotQueue(frontend, HIGH_PRIORITY_QUEUE, Buffers.DEFAULT.plan());
        requests = new SlotQueue(frontend, requestQueue(frontend), buffers.plan());
        uniques = new long[buffers.slots()];
        orders = new ByteOrder[buffers.slots()];
    }

    /// Sets a front end up for this driver.
    ///
    /// @param options to begin with
    /// @return the options with two queues
    public static FrontendOptions prepare(FrontendOptions options) {
        return options.withQueues(new QueuePlan(2, RING, options.queues().indirectEntries()));
    }

    /// {@return the index of the first request queue}
    ///
    /// @param frontend connected
    public static int requestQueue(Frontend frontend) {
        return frontend.negotiated().has(NOTIFICATION) ? 2 : 1;
    }

    /// Reads the tag.
    ///
    /// @param frontend connected, with protocol feature CONFIG
    /// @return the tag, up to the first NUL
    /// @throws IOException if the device does not show it
    public static String tag(Frontend frontend) throws IOException {
        byte[] tag = frontend.config(0, TAG_BYTES);
        int length = 0;
        while (length < TAG_BYTES && tag[length] != 0) {
            length++;
        }
        return new String(tag, 0, length, StandardCharsets.UTF_8);
    }

    /// Reads the number of request queues in the configuration.
    ///
    /// @param frontend connected, with protocol feature CONFIG
    /// @return `num_request_queues`
    /// @throws IOException if the device does not show it
    public static long requestQueues(Frontend frontend) throws IOException {
        byte[] number = frontend.config(REQUEST_QUEUES, Integer.BYTES);
        return Integer.toUnsignedLong(
                ByteBuffer.wrap(number).order(ByteOrder.LITTLE_ENDIAN).getInt());
    }

    /// {@return the longest wait for the device}
    public long timeoutNanos() {
        return timeoutNanos;
    }

    /// Does a request.
    ///
    /// @param request    what to do
    /// @param replyBytes room for the body of the answer
    /// @return the answer
    /// @throws BackendTimeout   if there is none
    /// @throws BackendViolation if it is not an answer to this request
    /// @throws IOException      if the back end fails
    public FuseReply call(FuseRequest request, int replyBytes) throws IOException {
        return call(request, FuseRequest.HEADER + request.body().length(), replyBytes);
    }

    /// Does a request whose header says another length than it has.
    ///
    /// @param request    what to do
    /// @param length     what the header says
    /// @param replyBytes room for the body of the answer
    /// @return the answer
    /// @throws IOException as [#call(FuseRequest, int)]
    public FuseReply call(FuseRequest request, int length, int replyBytes) throws IOException {
        int slot = post(request, length, replyBytes);
        return await(slot, timeoutNanos)
                .orElseThrow(() -> new BackendTimeout("no answer to a request of operation " + request.opcode()
                        + " within " + timeoutNanos / 1_000_000 + " ms"));
    }

    /// Sends a request.
    ///
    /// @param request    what to do
    /// @param length     what the header says of its length
    /// @param replyBytes room for the body of the answer
    /// @return the number for [#await]
    public int post(FuseRequest request, int length, int replyBytes) {
        int slot = add(request, length, replyBytes);
        submit();
        return slot;
    }

    /// Writes a request, which the device sees after [#submit].
    ///
    /// @param request    what to do
    /// @param length     what the header says of its length
    /// @param replyBytes room for the body of the answer
    /// @return the number for [#await]
    public int add(FuseRequest request, int length, int replyBytes) {
        int slot = requests.idle();
        if (slot == SlotQueue.NONE) {
            throw new IllegalStateException("too many requests at the same time");
        }
        unique += 2;
        uniques[slot] = unique;
        orders[slot] = request.order();
        byte[] bytes = request.bytes(unique, length);
        MemorySegment.copy(bytes, 0, requests.readable(slot), ValueLayout.JAVA_BYTE, 0, bytes.length);
        requests.writable(slot).asSlice(0, FuseRequest.REPLY_HEADER).fill((byte) 0xee);
        requests.offer(slot, bytes.length, FuseRequest.REPLY_HEADER + (long) replyBytes);
        return slot;
    }

    /// Makes all requests that were added visible to the device at once.
    public void submit() {
        requests.submit();
    }

    /// The number that the header of a request has, as INTERRUPT wants it.
    ///
    /// @param slot from [#post]
    /// @return the number
    public long unique(int slot) {
        return uniques[slot];
    }

    /// Waits for the answer to a request. Answers to others are dropped.
    ///
    /// @param slot    from [#post]
    /// @param timeout how long to wait, in nanoseconds
    /// @return the answer; empty if the time is over
    /// @throws BackendViolation if it is not an answer to this request
    /// @throws IOException      if the back end fails
    public Optional<FuseReply> await(int slot, long timeout) throws IOException {
        long deadline = System.nanoTime() + timeout;
        while (true) {
            int taken = requests.take(Math.max(0, deadline - System.nanoTime()));
            if (taken == SlotQueue.NONE) {
                return Optional.empty();
            }
            if (taken == slot) {
                return Optional.of(reply(slot));
            }
        }
    }

    /// Looks how many requests the device has answered that were not waited for.
    ///
    /// @return how many
    /// @throws BackendViolation if the used ring cannot be
    public int pending() throws BackendViolation {
        return requests.queue().ring().pending();
    }

    /// Waits for the answers to all requests, and drops them.
    ///
    /// @throws BackendTimeout if one does not come
    /// @throws IOException    if the back end fails
    public void awaitAll() throws IOException {
        requests.awaitAll();
    }

    private FuseReply reply(int slot) throws BackendViolation {
        long used = requests.usedLength();
        if (used < FuseRequest.REPLY_HEADER) {
            throw new BackendViolation("the device gave " + used + " bytes, which is less than an answer's header");
        }
        byte[] bytes = requests.writable(slot).asSlice(0, used).toArray(ValueLayout.JAVA_BYTE);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(orders[slot]);
        if (buffer.getInt(0) != used || buffer.getLong(UNIQUE) != uniques[slot]) {
            throw new BackendViolation("the answer to request " + uniques[slot] + " says it is of " + buffer.getInt(0)
                    + " bytes for request " + buffer.getLong(UNIQUE) + ", and has " + used + " bytes");
        }
        int error = -buffer.getInt(ERROR);
        if (error < 0) {
            throw new BackendViolation("an answer has the error " + -error + ", which is positive");
        }
        return new FuseReply(
                error,
                Bytes.of(MemorySegment.ofArray(bytes)
                        .asSlice(FuseRequest.REPLY_HEADER, used - FuseRequest.REPLY_HEADER)));
    }

    /// Sends a request without an answer on the high priority queue, with room for one all the same, and waits until
    /// the device has used it.
    ///
    /// @param request FORGET, BATCH_FORGET or INTERRUPT, or anything else to see what happens
    /// @param timeout how long to wait, in nanoseconds
    /// @return bytes that the device says it wrote; negative if it has not used it in time
    /// @throws IOException if the back end fails
    public long urgent(FuseRequest request, long timeout) throws IOException {
        int slot = urgent.claim();
        unique += 2;
        byte[] bytes = request.bytes(unique, FuseRequest.HEADER + request.body().length());
        MemorySegment.copy(bytes, 0, urgent.readable(slot), ValueLayout.JAVA_BYTE, 0, bytes.length);
        urgent.offer(slot, bytes.length, FuseRequest.REPLY_HEADER);
        urgent.submit();
        return urgent.take(timeout) == SlotQueue.NONE ? -1 : urgent.usedLength();
    }

    /// Sends bytes that need not be a request, and waits until the device has used them.
    ///
    /// @param bytes      what the device reads, at least one byte
    /// @param replyBytes room for what it writes
    /// @return bytes that the device says it wrote; negative if it has not used them in time
    /// @throws IOException if the back end fails
    public long raw(Bytes bytes, int replyBytes) throws IOException {
        int slot = requests.idle();
        bytes.copyTo(requests.readable(slot), 0);
        requests.offer(slot, bytes.length(), replyBytes);
        requests.submit();
        return requests.take(timeoutNanos) == SlotQueue.NONE ? -1 : requests.usedLength();
    }
}
