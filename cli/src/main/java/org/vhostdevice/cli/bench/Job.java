package org.vhostdevice.cli.bench;

import java.util.Arrays;
import java.util.Locale;
import org.vhostdevice.core.device.ByteSize;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.BlkWorkload;
import org.vhostdevice.core.frontend.BlkWorkload.Access;

/// A load in fio's words.
///
/// @param rw fio's `rw`
/// @param blockBytes fio's `bs`
/// @param depth fio's `iodepth`, of each queue
record Job(Rw rw, int blockBytes, int depth) {
    private static final long SEED = 1;
    private static final int PARTS = 3;
    private static final int KIB = 1024;

    /// Reads a text such as `randread:4k:32`.
    static Job parse(String text) throws UsageException {
        String[] parts = text.split(":", -1);
        if (parts.length != PARTS) {
            throw new UsageException("--job must be RW:BS:DEPTH, such as randread:4k:32, not " + text);
        }
        Rw rw = Arrays.stream(Rw.values())
                .filter(one -> one.name().equalsIgnoreCase(parts[0]))
                .findFirst()
                .orElseThrow(() -> new UsageException("--job " + text
                        + ": the first must be read, write, randread, randwrite, randrw," + " meta or forget"));
        try {
            return of(rw, parts[1], Integer.parseInt(parts[2]));
        } catch (NumberFormatException e) {
            throw new UsageException("--job " + text + ": the depth must be a number");
        }
    }

    /// A load with its block size as typed.
    static Job of(Rw rw, String blockSize, int depth) throws UsageException {
        try {
            return new Job(rw, Math.toIntExact(ByteSize.parse(blockSize)), depth);
        } catch (ArithmeticException e) {
            throw new UsageException("block size " + blockSize + " must be less than 2G");
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    /// The access to data.
    ///
    /// @throws UsageException if the job is something else
    Access access() throws UsageException {
        return rw.access();
    }

    /// The load for the generator.
    ///
    /// @param instead another access to the same blocks
    /// @param readPercent how many of 100 requests read
    /// @param verify whether contents matter
    BlkWorkload workload(Access instead, int readPercent, boolean verify) {
        return new BlkWorkload(instead, blockBytes, depth, SEED, readPercent, verify);
    }

    /// The access as fio spells it.
    String word() {
        return rw.name().toLowerCase(Locale.ROOT);
    }

    /// The block size as people type it.
    String blockSize() {
        return blockBytes % KIB == 0 ? blockBytes / KIB + "k" : String.valueOf(blockBytes);
    }

    @Override
    public String toString() {
        return word() + " " + blockSize() + " depth " + depth;
    }
}
