package org.vhostdevice.core.frontend;

import java.util.SplittableRandom;

/// Which blocks a load touches, and how: one answer after the other, without allocation. One thread.
public final class AccessPattern {
    private static final int PERCENT = 100;

    private final boolean random;
    private final int readPercent;
    private final long blocks;
    private final SplittableRandom numbers;
    private long sequential;

    /// Begins a pattern.
    ///
    /// @param workload what is asked of the device
    /// @param seed     of the random choices
    /// @param blocks   of the whole medium, more than 0
    /// @param first    block where sequential access begins, less than `blocks`
    public AccessPattern(BlkWorkload workload, long seed, long blocks, long first) {
        random = workload.access().random();
        readPercent = workload.readPercent();
        this.blocks = blocks;
        numbers = new SplittableRandom(seed);
        sequential = first;
    }

    /// {@return the next request's block}
    public long nextBlock() {
        if (random) {
            return Math.unsignedMultiplyHigh(numbers.nextLong(), blocks);
        }
        long block = sequential;
        sequential = block + 1 == blocks ? 0 : block + 1;
        return block;
    }

    /// {@return whether the next request writes}
    public boolean nextWrite() {
        if (readPercent == 0 || readPercent == PERCENT) {
            return readPercent == 0;
        }
        return Math.unsignedMultiplyHigh(numbers.nextLong(), PERCENT) >= readPercent;
    }
}
