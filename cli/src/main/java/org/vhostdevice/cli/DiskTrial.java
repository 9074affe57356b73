package org.vhostdevice.cli;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.vhostdevice.core.frontend.BlkDriver;
import org.vhostdevice.core.frontend.BlkLoad;
import org.vhostdevice.core.frontend.BlkLoadOptions;
import org.vhostdevice.core.frontend.BlkWorkload;
import org.vhostdevice.core.frontend.BlkWorkload.Access;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;

/// Uses a block device as a guest's driver does: over its socket, with shared memory.
final class DiskTrial implements AutoCloseable {
    /// The block features that the driver can use: SEG_MAX, BLK_SIZE, FLUSH, TOPOLOGY, MQ.
    private static final long BLOCK_FEATURES = 1L << 2 | 1L << 6 | 1L << 9 | 1L << 10 | 1L << 12;

    private static final int CHUNK_BYTES = 1 << 20;
    private static final long SEED = 1;

    private final Frontend frontend;
    private final long capacity;

    private DiskTrial(Frontend frontend) throws IOException {
        this.frontend = frontend;
        this.capacity = BlkLoad.capacity(frontend);
    }

    /// Attaches to a device.
    ///
    /// @throws IOException if it does not answer as it should
    static DiskTrial attach(Path socket) throws IOException {
        Frontend frontend = Frontend.attach(socket, FrontendOptions.defaults().withFeatures(BLOCK_FEATURES));
        try {
            return new DiskTrial(frontend);
        } catch (IOException e) {
            frontend.close();
            throw e;
        }
    }

    /// The virtio features in use, bit n for feature n.
    long features() {
        return frontend.negotiated().features();
    }

    /// Bytes of the disk.
    long capacity() {
        return capacity;
    }

    /// Fills the disk with bytes that are all different from place to place, flushes, and compares what it reads back
    /// and what the image file holds.
    ///
    /// @param image the raw file behind the device, of whole mebibytes
    /// @throws IOException if a request fails or a byte is wrong
    void writeAndVerify(Path image) throws IOException {
        try (BlkDriver driver = new BlkDriver(frontend, 0, CHUNK_BYTES)) {
            for (long at = 0; at < capacity; at += CHUNK_BYTES) {
                driver.write(at, MemorySegment.ofArray(chunk(at)));
            }
            driver.flush();
            byte[] found = new byte[CHUNK_BYTES];
            for (long at = 0; at < capacity; at += CHUNK_BYTES) {
                driver.read(at, MemorySegment.ofArray(found));
                compare(at, found, "read back");
            }
        }
        try (InputStream file = Files.newInputStream(image)) {
            for (long at = 0; at < capacity; at += CHUNK_BYTES) {
                compare(at, file.readNBytes(CHUNK_BYTES), "in the image file");
            }
        }
    }

    private static byte[] chunk(long at) {
        byte[] bytes = new byte[CHUNK_BYTES];
        new SplittableRandom(at).nextBytes(bytes);
        return bytes;
    }

    private static void compare(long at, byte[] found, String where) throws IOException {
        int wrong = Arrays.mismatch(chunk(at), found);
        if (wrong >= 0) {
            throw new IOException("the byte at " + (at + wrong) + " is not the one written, " + where);
        }
    }

    /// Keeps the device busy and measures.
    ///
    /// @param access which blocks, and what with them
    /// @param blockBytes bytes of a request
    /// @param depth requests in flight
    /// @param time how long
    LoadReport load(Access access, int blockBytes, int depth, Duration time) throws IOException, InterruptedException {
        BlkWorkload workload = new BlkWorkload(access, blockBytes, depth, SEED, false);
        LoadReport report = BlkLoad.run(frontend, BlkLoadOptions.during(workload, time));
        if (report.errors() > 0) {
            throw new IOException(report.errors() + " of " + report.requests() + " requests failed");
        }
        return report;
    }

    @Override
    public void close() {
        frontend.close();
    }
}
