package org.vhostdevice.blk;

import org.vhostdevice.blk.queue.BlkQueue;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.Throttle;
import org.vhostdevice.blk.storage.ImageFormat;

/// What a block device is like: the options after their checks.
///
/// @param medium where its bytes are
/// @param options how the medium is used
/// @param numQueues 1 to [#MAX_QUEUES]
/// @param queueSize the largest ring accepted, a power of two from 4 to [#MAX_QUEUE_SIZE]
/// @param logicalBlockSize bytes, a power of two from 512 to 4096
/// @param serial printable ASCII, at most 20 characters
/// @param policy what becomes of some requests
/// @param limits what may be done in a second
record BlkConfig(
        Medium medium,
        MediumOptions options,
        int numQueues,
        int queueSize,
        int logicalBlockSize,
        String serial,
        Disk.Policy policy,
        Throttle.Limits limits) {
    /// The most queues.
    static final int MAX_QUEUES = 256;

    /// The largest ring.
    static final int MAX_QUEUE_SIZE = 1024;

    private static final int MIN_QUEUE_SIZE = 4;
    private static final int MIN_BLOCK_SIZE = 512;
    private static final int MAX_BLOCK_SIZE = 4096;

    /// Checks each option and what must agree.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed the options
    BlkConfig {
        if (numQueues < 1 || numQueues > MAX_QUEUES) {
            throw new IllegalArgumentException("--num-queues must be 1 to " + MAX_QUEUES + ", not " + numQueues);
        }
        checkPowerOfTwo("--queue-size", queueSize, MIN_QUEUE_SIZE, MAX_QUEUE_SIZE);
        checkPowerOfTwo("--logical-block-size", logicalBlockSize, MIN_BLOCK_SIZE, MAX_BLOCK_SIZE);
        if (serial.length() > BlkQueue.ID_BYTES || !serial.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException(
                    "--serial must be at most " + BlkQueue.ID_BYTES + " printable ASCII characters");
        }
        switch (medium) {
            case Medium.File file -> {
                checkMultiple("--create", file.createBytes(), logicalBlockSize);
                if (file.createBytes() > 0 && options.readOnly()) {
                    throw new IllegalArgumentException("--create makes an image to write to: leave out --read-only");
                }
                if (file.backing() != null && options.format() != ImageFormat.QCOW2) {
                    throw new IllegalArgumentException("--backing needs --format qcow2: a raw image has none");
                }
            }
            case Medium.Nbd _ -> {}
            case Medium.Memory memory -> checkMultiple("--memory", memory.bytes(), logicalBlockSize);
            case Medium.None none -> checkMultiple("--null", none.bytes(), logicalBlockSize);
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
