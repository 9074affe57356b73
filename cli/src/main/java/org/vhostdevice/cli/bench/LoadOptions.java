package org.vhostdevice.cli.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.ByteSize;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.BlkLoadOptions;
import org.vhostdevice.core.frontend.BlkWorkload;
import org.vhostdevice.core.frontend.BlkWorkload.Access;
import org.vhostdevice.core.frontend.DriverFeature;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.sys.Notification;
import picocli.CommandLine.Option;

/// Options that say what is asked of the device, and how.
final class LoadOptions {
    /// VIRTIO_BLK_F_FLUSH and VIRTIO_BLK_F_MQ. A device whose driver cannot flush must make every write durable at
    /// once (VIRTIO 1.4, 5.2.6.2).
    private static final long BLOCK_FEATURES = 1L << 9 | 1L << 12;

    private static final int MAX_QUEUES = 256;
    private static final int MIN_RING = 128;

    /// Header, data and status.
    private static final int DESCRIPTORS = 3;

    /// Parts of a run that allocate buffers: filling, ramp, measurement, reading back.
    private static final int PHASES = 4;

    /// Rings, with an indirect table for each descriptor.
    private static final int RING_BYTES_PER_DESCRIPTOR = 128;

    @Option(names = "--rw", paramLabel = "RW", description = "read, write, randread (default) or randwrite.")
    private @Nullable Access access;

    @Option(names = "--bs", paramLabel = "SIZE", description = "Bytes of a request (default: 4k).")
    private @Nullable String blockSize;

    @Option(names = "--iodepth", paramLabel = "N", description = "Requests in flight in each queue (default: 32).")
    private @Nullable Integer depth;

    @Option(
            names = "--job",
            paramLabel = "RW:BS:DEPTH",
            description = "The three in one, such as randread:4k:32; repeat it for several loads one after the other.")
    private List<String> jobs = new ArrayList<>();

    @Option(
            names = "--num-queues",
            paramLabel = "N",
            defaultValue = "1",
            description = "Queues, each with a thread of its own (default: ${DEFAULT-VALUE}).")
    private int queues;

    @Option(
            names = "--runtime",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "How long each load is measured (default: ${DEFAULT-VALUE}).")
    private String runtime = "";

    @Option(
            names = "--ramp",
            paramLabel = "TIME",
            defaultValue = "1s",
            description = "How long it runs before (default: ${DEFAULT-VALUE}).")
    private String ramp = "";

    @Option(names = "--size", paramLabel = "SIZE", description = "Use the first SIZE bytes of the disk only.")
    private @Nullable String size;

    @Option(
            names = "--verify",
            description = "Fill the disk, or what --size says of it, before each load and check the data: while a load"
                    + " reads, after one that writes.")
    private boolean verify;

    @Option(names = "--no-event-idx", description = "Do without VIRTIO_F_EVENT_IDX.")
    private boolean noEventIdx;

    @Option(names = "--no-indirect", description = "Do without VIRTIO_F_INDIRECT_DESC.")
    private boolean noIndirect;

    @Option(names = "--poll", description = "Poll the rings instead of waiting for notifications.")
    private boolean poll;

    @Option(
            names = "--notify",
            paramLabel = "KIND",
            description = "Notify by eventfd or pipe (default: the host's best).")
    private Notification.@Nullable Kind notify;

    /// The loads, at least one.
    ///
    /// @throws UsageException if they cannot be
    List<Job> jobs() throws UsageException {
        if (jobs.isEmpty()) {
            return List.of(Job.of(
                    access == null ? Access.RANDREAD : access,
                    blockSize == null ? "4k" : blockSize,
                    depth == null ? 32 : depth));
        }
        if (access != null || blockSize != null || depth != null) {
            throw new UsageException("give either --job or --rw, --bs and --iodepth");
        }
        List<Job> parsed = new ArrayList<>();
        for (String job : jobs) {
            parsed.add(Job.parse(job));
        }
        return parsed;
    }

    /// Checks the options that [#jobs] does not.
    ///
    /// @throws UsageException if one cannot be
    void check() throws UsageException {
        if (queues < 1 || queues > MAX_QUEUES) {
            throw new UsageException("--num-queues must be 1 to " + MAX_QUEUES + ", not " + queues);
        }
        if (runtime().isZero()) {
            throw new UsageException("--runtime must be more than 0");
        }
        Duration _ = ramp();
        long _ = span();
    }

    Duration runtime() throws UsageException {
        return Times.parse("--runtime", runtime);
    }

    Duration ramp() throws UsageException {
        return Times.parse("--ramp", ramp);
    }

    boolean verify() {
        return verify;
    }

    int queues() {
        return queues;
    }

    /// Bytes at the start of the disk that are used.
    long span() throws UsageException {
        try {
            return size == null ? Long.MAX_VALUE : ByteSize.parse(size);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--size: " + e.getMessage());
        }
    }

    /// How the generator attaches.
    FrontendOptions frontend(Job job) {
        int descriptors = noIndirect ? job.depth() * DESCRIPTORS : job.depth();
        int ring = Integer.highestOneBit(Math.max(MIN_RING, descriptors) * 2 - 1);
        long queueBytes =
                PHASES * job.workload(job.access(), false).memoryBytes() + (long) ring * RING_BYTES_PER_DESCRIPTOR;
        long bytes = queues * queueBytes + 2 * RegionPlan.ALIGNMENT;
        long features = (noEventIdx ? DriverFeature.EVENT_IDX : 0) | (noIndirect ? DriverFeature.INDIRECT_DESC : 0);
        FrontendOptions options = FrontendOptions.defaults()
                .withFeatures(BLOCK_FEATURES)
                .withoutFeatures(features)
                .withQueues(new QueuePlan(queues, ring, DESCRIPTORS))
                .withMemory(List.of(new RegionPlan(1L << 32, bytes & -RegionPlan.ALIGNMENT)));
        return notify == null ? options : options.withNotifications(notify);
    }

    /// A load for a time.
    BlkLoadOptions during(BlkWorkload workload, Duration time) throws UsageException {
        return complete(BlkLoadOptions.during(workload, time));
    }

    /// A load of a number of requests in each queue.
    BlkLoadOptions count(BlkWorkload workload, long requests) throws UsageException {
        return complete(BlkLoadOptions.count(workload, requests));
    }

    private BlkLoadOptions complete(BlkLoadOptions options) throws UsageException {
        BlkLoadOptions limited = options.withSpan(span());
        return poll ? limited.withPolling() : limited;
    }
}
