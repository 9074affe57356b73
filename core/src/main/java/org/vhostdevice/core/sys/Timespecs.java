package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// `struct timespec`: the two that set times of a file, and lengths of time.
final class Timespecs {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final int NOW = AbiNumber.UTIME_NOW.value();
    private static final int OMIT = AbiNumber.UTIME_OMIT.value();

    private static final ThreadLocal<MemorySegment> TIMES =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(32, 8));

    private Timespecs() {}

    /// The times, until this thread asks for the next.
    static MemorySegment of(long accessSeconds, int accessNanos, long modificationSeconds, int modificationNanos) {
        MemorySegment times = TIMES.get();
        times.set(JAVA_LONG, 0, accessSeconds);
        times.set(JAVA_LONG, 8, nanos(accessNanos));
        times.set(JAVA_LONG, 16, modificationSeconds);
        times.set(JAVA_LONG, 24, nanos(modificationNanos));
        return times;
    }

    /// Writes a length of time.
    static void set(MemorySegment timespec, long nanos) {
        timespec.set(JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
        timespec.set(JAVA_LONG, 8, nanos % NANOS_PER_SECOND);
    }

    private static long nanos(int value) {
        return switch (value) {
            case NodeCalls.NOW -> NOW;
            case NodeCalls.OMIT -> OMIT;
            default -> value;
        };
    }
}
