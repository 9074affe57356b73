package org.vhostdevice.blk;

import org.vhostdevice.blk.backend.ImageSpec;
import org.vhostdevice.blk.backend.MediumSpec;
import org.vhostdevice.blk.backend.NullSpec;

/// What a block device is like: the options after their checks.
///
/// @param medium what is served
/// @param numQueues 1 to [#MAX_QUEUES]
/// @param queueSize the largest ring accepted, a power of two from 4 to [#MAX_QUEUE_SIZE]
/// @param logicalBlockSize bytes, a power of two from 512 to 4096
/// @param serial printable ASCII, at most 20 characters
public record BlkConfig(MediumSpec medium, int numQueues, int queueSize, int logicalBlockSize, String serial) {
    /// The most queues.
    public static final int MAX_QUEUES = 256;

    /// The largest ring.
    public static final int MAX_QUEUE_SIZE = 1024;

    private static final int MIN_QUEUE_SIZE = 4;
    private static final int MIN_BLOCK_SIZE = 512;
    private static final int MAX_BLOCK_SIZE = 4096;

    /// Checks each option and what must agree.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed the options
    public BlkConfig {
        if (numQueues < 1 || numQueues > MAX_QUEUES) {
            throw new IllegalArgumentException("--num-queues must be 1 to " + MAX_QUEUES + ", not " + numQueues);
        }
        checkPowerOfTwo("--queue-size", queueSize, MIN_QUEUE_SIZE, MAX_QUEUE_SIZE);
        checkPowerOfTwo("--logical-block-size", logicalBlockSize, MIN_BLOCK_SIZE, MAX_BLOCK_SIZE);
        if (serial.length() > BlkRequestExecutor.ID_BYTES || !serial.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException(
                    "--serial must be at most " + BlkRequestExecutor.ID_BYTES + " printable ASCII characters");
        }
        switch (medium) {
            case ImageSpec image -> checkMultiple("--create", image.createBytes(), logicalBlockSize);
            case NullSpec none -> checkMultiple("--null", none.bytes(), logicalBlockSize);
        }
    }

    private static void checkMultiple(String option, long bytes, int blockBytes) {
        if (bytes % blockBytes != 0) {
            throw new IllegalArgumentException(option + " must be a multiple of the logical block size " + blockBytes);
        }
    }

    private static void checkPowerOfTwo(String option, int value, int lowest, int highest) {
        if (value < lowest || value > highest || Integer.bitCount(value) != 1) {
            throw new IllegalArgumentException(
                    option + " must be a power of two from " + lowest + " to " + highest + ", not " + value);
        }
    }
}
