package org.vhostdevice.core.virtqueue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads memory that a front end can take away meanwhile.
///
/// Where the memory is gone, the JVM goes on behind the instruction that has failed, and throws an [InternalError] a
/// little later. Until then the register holds whatever it held before, which need not be a number of that size. But
/// compiled code relies on that, and leaves out checks of bounds that no such number could fail: it has written
/// beyond an array of the Java heap. So each number is cut to its size once more, by an instruction of its own, which
/// the compiler keeps since it cannot know that what it is combined with is zero. Numbers of 64 bits need no such
/// thing.
///
/// Nor may [MemorySegment#mismatch] look at such memory: a fault in the routine that does it ends the JVM. Of bulk
/// operations, those that copy and fill are prepared for faults.
final class SharedReads {
    /// Always 0, and not final, so that compiled code does not know.
    private static int zero;

    private SharedReads() {}

    /// {@return a number of 16 bits without sign}
    static int u16(MemorySegment memory, ValueLayout.OfShort layout, long offset) {
        return (memory.get(layout, offset) ^ zero) & 0xffff;
    }

    /// {@return a number of 32 bits}
    static int s32(MemorySegment memory, ValueLayout.OfInt layout, long offset) {
        return memory.get(layout, offset) ^ zero;
    }

    /// {@return whether bytes are all zero}
    static boolean isZero(MemorySegment memory, long from, long to) {
        long at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            if (memory.get(RingLayout.LE64_ANYWHERE, at) != 0) {
                return false;
            }
        }
        for (; at < to; at++) {
            if (memory.get(ValueLayout.JAVA_BYTE, at) != 0) {
                return false;
            }
        }
        return true;
    }
}
