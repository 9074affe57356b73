package org.vhostdevice.core.virtqueue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/// Memory for one state of a test: two cache lines of native memory, like that of a guest, all zero.
final class SharedLine {
    static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Where the second cache line begins.
    static final int OTHER = 64;

    private static final int BYTES = 128;
    private static final int LINES = 1 << 18;
    private static final MemorySegment POOL = Arena.global().allocate((long) LINES * BYTES, BYTES);
    private static final AtomicInteger NEXT = new AtomicInteger();

    private SharedLine() {}

    /// Lines are used again after 262,144 others, when the states that had them are long over.
    static MemorySegment next() {
        int line = NEXT.getAndIncrement() & (LINES - 1);
        return POOL.asSlice((long) line * BYTES, BYTES).fill((byte) 0);
    }
}
