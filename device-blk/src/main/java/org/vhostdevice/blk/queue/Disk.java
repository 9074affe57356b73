package org.vhostdevice.blk.queue;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.BlkFeature;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.virtqueue.FeatureSet;

/// What the queues of a device share.
///
/// @param storage the medium
/// @param id the answer to `VIRTIO_BLK_T_GET_ID`
/// @param cache whether writes may be lost until they are flushed
/// @param policy what becomes of some requests
/// @param throttle limits requests; null for no limit
/// @param host the threads that wait
public record Disk(
        Storage storage,
        MemorySegment id,
        WriteCache cache,
        Policy policy,
        @Nullable Throttle throttle,
        Host host) {
    /// Bytes in a sector, the unit of the protocol.
    public static final int SECTOR_BYTES = 512;

    /// The most ranges of one request to discard or to zero.
    public static final int MAX_RANGES = 32;

    /// The most sectors of one range to discard or to zero: 2 GiB.
    public static final int MAX_RANGE_SECTORS = 1 << 22;

    /// What becomes of some requests.
    ///
    /// @param mayUnmap whether zeroed sectors may lose their room
    /// @param detectZeroes what becomes of writes of zeros
    /// @param onEnospc what becomes of writes for which there is no room
    /// @param engine how files are transferred
    public record Policy(boolean mayUnmap, DetectZeroes detectZeroes, OnEnospc onEnospc, EngineKind engine) {
        /// Nothing out of the ordinary.
        public static final Policy DEFAULT = new Policy(true, DetectZeroes.OFF, OnEnospc.REPORT, EngineKind.AUTO);

        /// With another engine.
        ///
        /// @param other how files are transferred
        /// @return the same otherwise
        public Policy with(EngineKind other) {
            return new Policy(mayUnmap, detectZeroes, onEnospc, other);
        }
    }

    /// What runs things for the queues.
    ///
    /// @param threads run what may wait
    /// @param timer runs things later
    public record Host(Executor threads, Timer timer) {}

    /// Runs things later.
    @FunctionalInterface
    public interface Timer {
        /// Runs a task.
        ///
        /// @param nanos how much later
        /// @param task must not wait; any thread
        void after(long nanos, Runnable task);
    }

    /// The answer to `VIRTIO_BLK_T_GET_ID`.
    ///
    /// @param serial ASCII, at most [BlkQueue#ID_BYTES]
    /// @return as many bytes, padded with NUL
    public static MemorySegment id(String serial) {
        byte[] name = serial.getBytes(StandardCharsets.US_ASCII);
        MemorySegment id = MemorySegment.ofArray(new byte[BlkQueue.ID_BYTES]);
        MemorySegment.copy(MemorySegment.ofArray(name), 0, id, 0, name.length);
        return id;
    }

    /// What a driver's features mean.
    DiskFeatures features(FeatureSet driver) {
        boolean controls = driver.has(BlkFeature.CONFIG_WCE.bit());
        boolean flushes = driver.has(BlkFeature.FLUSH.bit());
        return new DiskFeatures(
                driver.has(BlkFeature.DISCARD.bit()),
                driver.has(BlkFeature.WRITE_ZEROES.bit()),
                controls ? cache : null,
                !flushes || !cache.initially());
    }
}
