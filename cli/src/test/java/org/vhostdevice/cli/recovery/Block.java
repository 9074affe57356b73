package org.vhostdevice.cli.recovery;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The content of a block: its number and which write of it this is, in every word.
final class Block {
    static final int BYTES = 4096;
    static final int SECTORS = BYTES / 512;

    /// What is there before the first write.
    static final int UNWRITTEN = 0;

    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int VERSION_BITS = 28;

    private Block() {}

    static void fill(MemorySegment into, int number, int version) {
        long[] words = new long[BYTES / Long.BYTES];
        for (int i = 0; i < words.length; i++) {
            words[i] = word(number, version, i * Long.BYTES);
        }
        // At once: a front end that is killed soon is one that is interpreted.
        MemorySegment.copy(words, 0, into, LE64, 0, words.length);
    }

    /// Which write of a block this is.
    ///
    /// @throws AssertionError if it is another block, or a mixture
    static int version(MemorySegment from, int number) {
        long first = from.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
        int version = (int) first & (1 << VERSION_BITS) - 1;
        for (int i = 0; i < BYTES; i += Long.BYTES) {
            long word = from.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), i);
            long expected = version == UNWRITTEN ? 0 : word(number, version, i);
            if (word != expected) {
                throw new AssertionError("block " + number + " is corrupt at byte " + i + ": 0x"
                        + Long.toHexString(word) + " instead of 0x" + Long.toHexString(expected));
            }
        }
        return version;
    }

    private static long word(int number, int version, int at) {
        return (long) at << 51 | (long) number << VERSION_BITS | version;
    }
}
