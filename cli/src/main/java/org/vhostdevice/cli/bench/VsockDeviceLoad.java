package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.frontend.vsock.HybridHost;
import org.vhostdevice.core.frontend.vsock.PlainSocketLoad;
import org.vhostdevice.core.frontend.vsock.VsockDriver;
import org.vhostdevice.core.frontend.vsock.VsockLoad;

/// Load on socket devices: streams of packets, or messages there and back.
final class VsockDeviceLoad implements DeviceLoad {
    private static final int QUEUES = 3;
    private static final int MIN_RING = 128;

    private final LoadOptions options;
    private @Nullable VsockLoad load;

    VsockDeviceLoad(LoadOptions options) {
        this.options = options;
    }

    @Override
    public void check(Job job) throws UsageException {
        options.host().requireOnly("--vsock-uds");
        options.requireOneQueue();
        FrontendOptions _ = frontend(job);
        options.requireNoVerify();
        Path _ = options.host().vsockUds();
        if (options.connections() > 1 && plan(job).direction() == VsockLoad.Direction.ROUND_TRIP) {
            throw new UsageException("--connections goes with --rw read and write; of randrw --iodepth tells them");
        }
    }

    private VsockLoad.Plan plan(Job job) throws UsageException {
        VsockLoad.Direction direction = switch (job.access()) {
            case WRITE -> VsockLoad.Direction.TO_HOST;
            case READ -> VsockLoad.Direction.TO_GUEST;
            case RANDRW -> VsockLoad.Direction.ROUND_TRIP;
            case RANDREAD, RANDWRITE ->
                throw new UsageException("vsock has no random access: give --rw write (guest to host), read"
                        + " (host to guest) or randrw (there and back)");
        };
        return direction == VsockLoad.Direction.ROUND_TRIP
                ? VsockLoad.Plan.roundTrips(job.blockBytes(), job.depth())
                : new VsockLoad.Plan(direction, job.blockBytes(), job.depth(), options.connections());
    }

    @Override
    public FrontendOptions frontend(Job job) throws UsageException {
        VsockLoad.Plan plan = plan(job);
        int ring = QueuePlan.powerOfTwo(MIN_RING + plan.depth());
        return VsockDriver.prepare(options.frontend())
                .withQueues(new QueuePlan(QUEUES, ring, 2))
                .withMemory(List.of(RegionPlan.holding(plan.memoryBytes(), (long) QUEUES * ring)));
    }

    @Override
    public void prepare(Frontend frontend, Job job) throws IOException, UsageException {
        load = new VsockLoad(frontend, new HybridHost(options.host().vsockUds()), plan(job), options.poll());
    }

    private VsockLoad load() {
        if (load == null) {
            throw new IllegalStateException("not prepared");
        }
        return load;
    }

    @Override
    public LoadReport run(Frontend frontend, Job job, Duration time) throws IOException {
        return load().run(time);
    }

    @Override
    public LoadReport ceiling(Job job, Duration time) throws IOException, UsageException {
        Path folder = Files.createTempDirectory("vhost-bench");
        try (PlainSocketLoad plain = new PlainSocketLoad(plan(job), folder.resolve("s"))) {
            return plain.run(time);
        } finally {
            Files.delete(folder);
        }
    }

    @Override
    public void finish(Frontend frontend, Job job) throws IOException {
        load().close();
    }
}
