package org.vhostdevice.core.frontend;

/// What a load asks of a block device.
///
/// @param access    which blocks, and what with them
/// @param blockSize bytes of a request's data, a multiple of 512
/// @param depth     requests that each queue keeps in flight
/// @param seed      of the random offsets and of the contents
/// @param readPercent how many of 100 requests read
/// @param verify    whether blocks get contents that depend on place and seed when written, and are checked for them
///                  when read; what is read must have been written so
public record BlkWorkload(Access access, int blockSize, int depth, long seed, int readPercent, boolean verify) {
    /// Pieces of a request: header, data and status.
    public static final int PIECES = 3;

    private static final int PERCENT = 100;

    /// Which blocks a load touches in which order.
    public enum Access {
        /// Reads one block after the other.
        READ(false, false),
        /// Writes one block after the other.
        WRITE(false, true),
        /// Reads blocks at random.
        RANDREAD(true, false),
        /// Writes blocks at random.
        RANDWRITE(true, true),
        /// Reads and writes blocks at random.
        RANDRW(true, true);

        private final boolean random;
        private final boolean write;

        Access(boolean random, boolean write) {
            this.random = random;
            this.write = write;
        }

        /// {@return whether some requests read and others write}
        public boolean mixed() {
            return this == RANDRW;
        }

        /// {@return whether blocks are chosen at random}
        public boolean random() {
            return random;
        }

        /// {@return whether blocks are written, be it only some}
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
        if (readPercent < 0 || readPercent > PERCENT) {
            throw new IllegalArgumentException(readPercent + " reads in 100 requests");
        }
    }

    /// A load without a choice between reads and writes, or with as many of each.
    ///
    /// @param access    which blocks, and what with them
    /// @param blockSize bytes of a request's data, a multiple of 512
    /// @param depth     requests that each queue keeps in flight
    /// @param seed      of the random offsets and of the contents
    /// @param verify    whether contents matter
    public BlkWorkload(Access access, int blockSize, int depth, long seed, boolean verify) {
        this(access, blockSize, depth, seed, access.mixed() ? PERCENT / 2 : access.write() ? 0 : PERCENT, verify);
    }

    /// {@return how many chains each queue needs at a time} One for each request in flight, or one to read and one to
    /// write.
    public int chains() {
        return access.mixed() ? 2 * depth : depth;
    }

    /// {@return how many bytes of guest memory each queue needs at most}
    public long memoryBytes() {
        return BlkSlots.bytes(this) + FrontendQueue.BUFFER_ALIGNMENT;
    }
}
