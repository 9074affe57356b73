package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.frontend.console.ConsoleDriver;
import org.vhostdevice.core.frontend.console.ConsoleLoad;

/// Load on console devices: bytes through port 0.
final class ConsoleDeviceLoad implements DeviceLoad {
    private static final int MIN_RING = 64;

    private final LoadOptions options;
    private @Nullable ConsoleLoad load;

    ConsoleDeviceLoad(LoadOptions options) {
        this.options = options;
    }

    @Override
    public void check(Job job) throws UsageException {
        options.host().requireOnly("--console-peer");
        options.requireOneQueue();
        FrontendOptions _ = frontend(job);
        options.requireNoVerify();
        if (!plan(job).toHost() && options.host().consolePeer().isEmpty()) {
            throw new UsageException("--rw read of a console needs somebody who writes: give --console-peer PATH");
        }
    }

    private static ConsoleLoad.Plan plan(Job job) throws UsageException {
        boolean toHost = switch (job.access()) {
            case WRITE -> true;
            case READ -> false;
            case RANDREAD, RANDWRITE, RANDRW ->
                throw new UsageException(
                        "console has no random access: give --rw write (guest to host) or read" + " (host to guest)");
        };
        return new ConsoleLoad.Plan(toHost, job.blockBytes(), job.depth());
    }

    @Override
    public FrontendOptions frontend(Job job) throws UsageException {
        int ring = QueuePlan.powerOfTwo(Math.max(MIN_RING, job.depth()));
        return ConsoleDriver.onePort(options.frontend())
                .withQueues(new QueuePlan(2, ring, 2))
                .withMemory(List.of(RegionPlan.holding(plan(job).memoryBytes(), 2L * ring)));
    }

    @Override
    public void prepare(Frontend frontend, Job job) throws IOException, UsageException {
        load = new ConsoleLoad(frontend, options.host().consolePeer(), plan(job), options.poll());
    }

    private ConsoleLoad load() {
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
    public void finish(Frontend frontend, Job job) throws IOException {
        load().close();
    }
}
