package org.vhostdevice.core.frontend.fuse;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.vhostdevice.core.frontend.SlotQueue;

/// Writes little-endian requests into the slots of a queue, and reads what is the same in all answers. One thread.
final class FuseRequests {
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int OPCODE = 4;
    private static final int UNIQUE = 8;
    private static final int NODE = 16;
    private static final int ERROR = 4;

    private final SlotQueue queue;
    private long unique = 1;

    /// @param queue whose slots are written to
    FuseRequests(SlotQueue queue) {
        this.queue = queue;
    }

    /// Offers a request.
    ///
    /// @param slot       an idle one
    /// @param node       that it is about
    /// @param body       arguments
    /// @param replyBytes room for what follows the header of the answer; negative for no answer
    void offer(int slot, FuseOpcode opcode, long node, byte[] body, int replyBytes) {
        MemorySegment request = queue.readable(slot);
        int length = FuseRequest.HEADER + body.length;
        request.asSlice(0, FuseRequest.HEADER).fill((byte) 0);
        request.set(LE32, 0, length);
        request.set(LE32, OPCODE, opcode.number());
        unique += 2;
        request.set(LE64, UNIQUE, unique);
        request.set(LE64, NODE, node);
        MemorySegment.copy(body, 0, request, ValueLayout.JAVA_BYTE, FuseRequest.HEADER, body.length);
        queue.offer(slot, length, replyBytes < 0 ? 0 : FuseRequest.REPLY_HEADER + replyBytes);
    }

    /// Whether the slot taken last has an answer that is no error, with a body of at least so many bytes.
    boolean succeeded(int slot, int leastBytes) {
        return queue.usedLength() >= FuseRequest.REPLY_HEADER + leastBytes
                && queue.writable(slot).get(LE32, ERROR) == 0;
    }

    /// A number of 64 bits in the body of an answer.
    long number(int slot, int offset) {
        return queue.writable(slot).get(LE64, FuseRequest.REPLY_HEADER + (long) offset);
    }
}
