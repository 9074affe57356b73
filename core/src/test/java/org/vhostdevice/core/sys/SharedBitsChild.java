package org.vhostdevice.core.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/// The other process of [SharedBitsTest], and what every thread in both does: to change a bit of its own in bytes that
/// all share, and to see that nobody else's change undoes it.
final class SharedBitsChild {
    /// Bytes that are fought for; few, so that the same word is changed at the same time.
    static final int BYTES = 64;

    private static final int PASSES = 4000;

    private SharedBitsChild() {}

    /// Runs and ends with status 0 if no change was lost.
    ///
    /// @param arguments path of the memory's file
    public static void main(String... arguments) throws Exception {
        try (OwnedFd file = FileIo.open(Path.of(arguments[0]), OpenMode.READ_WRITE);
                MappedRegion memory = MappedRegion.map(file, 0, BYTES, true)) {
            for (int i = 0; i < PASSES; i++) {
                pass(memory.segment(), 0);
            }
        }
    }

    /// Changes bit `lane` of all bytes until it shall stop.
    static void changeLane(MemorySegment memory, int lane, AtomicBoolean stop) {
        while (!stop.get()) {
            pass(memory, lane);
        }
    }

    private static void pass(MemorySegment memory, int lane) {
        for (int i = 0; i < BYTES; i++) {
            SharedBits.set(memory, i, lane);
            require(memory, i, lane, 1);
            SharedBits.clear(memory, i, lane);
            require(memory, i, lane, 0);
        }
    }

    private static void require(MemorySegment memory, int at, int lane, int value) {
        if ((memory.get(ValueLayout.JAVA_BYTE, at) >> lane & 1) != value) {
            throw new AssertionError("a change of bit " + lane + " in byte " + at + " was lost");
        }
    }
}
