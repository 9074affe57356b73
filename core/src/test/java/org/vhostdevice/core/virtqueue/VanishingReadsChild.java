package org.vhostdevice.core.virtqueue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Reads memory that vanishes, by code that has been compiled, as a process of its own. Each reader relies on what it
/// has read, as a ring does: it makes a message of it, and takes it as the index of an array.
final class VanishingReadsChild {
    private static final int BYTES = 8192;
    private static final int READS = 300;
    private static final int[] TABLE = new int[1 << 16];

    private final Random random;
    private @Nullable String message;
    private long sum;

    private VanishingReadsChild(long seed) {
        this.random = new Random(seed);
    }

    /// Prints how many reads have failed.
    ///
    /// @param arguments file, rounds, seed
    public static void main(String... arguments) throws IOException {
        var child = new VanishingReadsChild(Long.parseLong(arguments[2]));
        int faults = 0;
        for (int round = 0; round < Integer.parseInt(arguments[1]); round++) {
            faults += child.fails(Path.of(arguments[0])) ? 1 : 0;
        }
        System.out.println("faults " + faults + " last " + child.message + " " + child.sum);
    }

    private boolean fails(Path path) throws IOException {
        Path _ = Files.write(path, new byte[BYTES]);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = file.map(FileChannel.MapMode.READ_WRITE, 0, BYTES, arena);
            memory.set(RingLayout.LE16, 0, (short) random.nextInt());
            for (int i = 0; i < READS; i++) {
                look(memory, i);
            }
            FileChannel _ = file.truncate(0);
            look(memory, random.nextInt(TABLE.length));
            return false;
        } catch (InternalError e) {
            return true;
        }
    }

    private void look(MemorySegment memory, int next) {
        int index = SharedReads.u16(memory, RingLayout.LE16, 0);
        if (RingIndex.distance(next, index) > 256) {
            message = "available index " + index + " is far ahead of " + next;
        }
        sum += TABLE[index];
        sum += SharedReads.s32(memory, RingLayout.LE32, 0) & 0xffff;
        long from = random.nextInt(BYTES / 2);
        sum += SharedReads.isZero(memory, from, from + random.nextInt(BYTES / 2)) ? 1 : 0;
    }
}
