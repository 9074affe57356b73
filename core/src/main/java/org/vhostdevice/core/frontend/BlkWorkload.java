package org.vhostdevice.core.frontend;

/// What a load asks of a block device.
///
/// @param access    which blocks, and what with them
/// @param blockSize bytes of a request's data, a multiple of 512
/// @param depth     requests that each queue keeps in flight
/// @param seed      of the random offsets and of the contents
/// @param verify    whether blocks get contents that depend on place and seed when written, and are checked for them
///                  when read; what is read must have been written so
public record BlkWorkload(Access access, int blockSize, int depth, long seed, boolean verify) {
    /// Which blocks a load touches in which order.
    public enum Access {
        /// Reads one block after the other.
        READ(false, false),
        /// Writes one block after the other.
        WRITE(false, true),
        /// Reads blocks at random.
        RANDREAD(true, false),
        /// Writes blocks at random.
        RANDWRITE(true, true);

        private final boolean random;
        private final boolean write;

        Access(boolean random, boolean write) {
            this.random = random;
            this.write = write;
        }

        /// {@return whether blocks are chosen at random}
        public boolean random() {
            return random;
        }

        /// {@return whether blocks are written}
        public boolean write() {
            return write;
        }
    }

    /// Checks the numbers.
    public BlkWorkload {
        if (blockSize < BlkDriver.SECTOR || blockSize % BlkDriver.SECTOR != 0) {
            throw new IllegalArgumentException("block size is not a multiple of 512: " + blockSize);
        }
        if (depth < 1 || depth > SplitRing.MAX_SIZE) {
            throw new IllegalArgumentException(depth + " requests in flight");
        }
    }

    /// {@return how many bytes of guest memory each queue needs at most}
    public long memoryBytes() {
        return BlkSlots.bytes(this) + FrontendQueue.BUFFER_ALIGNMENT;
    }
}
