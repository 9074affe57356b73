package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.BlkLoad;
import org.vhostdevice.core.frontend.BlkLoadOptions;
import org.vhostdevice.core.frontend.BlkWorkload;
import org.vhostdevice.core.frontend.BlkWorkload.Access;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.RegionPlan;

/// Load on block devices.
final class BlkDeviceLoad implements DeviceLoad {
    /// VIRTIO_BLK_F_FLUSH and VIRTIO_BLK_F_MQ. A device whose driver cannot flush must make every write durable at
    /// once (VIRTIO 1.4, 5.2.6.2).
    private static final long BLOCK_FEATURES = 1L << 9 | 1L << 12;

    private static final int MIN_RING = 128;
    private static final int MAX_RING = 32_768;

    /// Parts of a run that allocate buffers: filling, ramp, measurement, reading back.
    private static final int PHASES = 4;

    /// Rings, with an indirect table for each descriptor.
    private static final int RING_BYTES_PER_DESCRIPTOR = 128;

    private final LoadOptions options;

    BlkDeviceLoad(LoadOptions options) {
        this.options = options;
    }

    @Override
    public void check(Job job) throws UsageException {
        options.host().requireOnly("");
        int descriptors = descriptors(job);
        if (descriptors > MAX_RING) {
            throw new UsageException(job + " needs a ring of " + descriptors + " descriptors, and a ring has at most "
                    + MAX_RING + ": use more queues");
        }
    }

    private int descriptors(Job job) throws UsageException {
        int chains = workload(job, job.access(), false).chains();
        return options.indirect() ? chains : chains * BlkWorkload.PIECES;
    }

    private BlkWorkload workload(Job job, Access access, boolean verify) {
        return job.workload(access, options.readPercent(access), verify);
    }

    @Override
    public FrontendOptions frontend(Job job) throws UsageException {
        BlkWorkload workload = workload(job, job.access(), false);
        int ring = QueuePlan.powerOfTwo(Math.max(MIN_RING, descriptors(job)));
        long descriptors = Math.max(ring, 2L * BlkWorkload.PIECES * workload.chains());
        long queueBytes = PHASES * workload.memoryBytes() + descriptors * RING_BYTES_PER_DESCRIPTOR;
        long bytes = options.queues() * queueBytes + 2 * RegionPlan.ALIGNMENT;
        return options.frontend()
                .withFeatures(BLOCK_FEATURES)
                .withQueues(new QueuePlan(options.queues(), ring, BlkWorkload.PIECES, workload.chains()))
                .withMemory(List.of(new RegionPlan(1L << 32, bytes & -RegionPlan.ALIGNMENT)));
    }

    @Override
    public void prepare(Frontend frontend, Job job) throws IOException, UsageException, InterruptedException {
        if (options.verify()) {
            passOver(frontend, job, Access.WRITE);
        }
    }

    @Override
    public LoadReport run(Frontend frontend, Job job, Duration time)
            throws IOException, UsageException, InterruptedException {
        return execute(frontend, BlkLoadOptions.during(workload(job, job.access(), options.verify()), time));
    }

    @Override
    public void finish(Frontend frontend, Job job) throws IOException, UsageException, InterruptedException {
        if (options.verify() && job.access().write()) {
            passOver(frontend, job, Access.READ);
        }
    }

    /// Writes or verifies each block once, some perhaps twice.
    private void passOver(Frontend frontend, Job job, Access access)
            throws IOException, UsageException, InterruptedException {
        long blocks = Math.min(BlkLoad.capacity(frontend), options.span()) / job.blockBytes();
        long share = blocks / options.queues() + blocks % options.queues();
        LoadReport _ = execute(frontend, BlkLoadOptions.count(workload(job, access, true), share));
    }

    private LoadReport execute(Frontend frontend, BlkLoadOptions load)
            throws IOException, UsageException, InterruptedException {
        BlkLoadOptions limited = load.withSpan(options.span());
        LoadReport report = BlkLoad.run(frontend, options.poll() ? limited.withPolling() : limited);
        if (report.errors() > 0) {
            throw new IOException(report.errors() + " of " + report.requests() + " requests failed");
        }
        return report;
    }
}
