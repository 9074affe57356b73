package org.vhostdevice.cli.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.BlkWorkload;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.QueuePlan;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.frontend.fuse.FuseActivity;
import org.vhostdevice.core.frontend.fuse.FuseDriver;
import org.vhostdevice.core.frontend.fuse.FuseForgetLoad;
import org.vhostdevice.core.frontend.fuse.FuseLoad;
import org.vhostdevice.core.frontend.fuse.FuseMetaLoad;

/// Load on file system devices: reads and writes of one file, many files, or copies and FORGET.
final class FsDeviceLoad implements DeviceLoad {
    private static final long FILE_BYTES = 64 << 20;
    private static final int MIN_RING = 128;

    /// A request and its answer.
    private static final int PIECES = 2;

    private final LoadOptions options;
    private @Nullable FuseActivity load;

    FsDeviceLoad(LoadOptions options) {
        this.options = options;
    }

    @Override
    public void check(Job job) throws UsageException {
        options.host().requireOnly("--file");
        options.requireOneQueue();
        FrontendOptions _ = frontend(job);
        switch (job.rw()) {
            case META, FORGET -> options.requireNoVerify();
            default -> {
                if (workload(job).blockSize() > fileBytes()) {
                    throw new UsageException("--size must be " + job.blockSize() + " or more");
                }
            }
        }
    }

    private BlkWorkload workload(Job job) throws UsageException {
        return job.workload(job.access(), options.readPercent(job.access()), options.verify());
    }

    private long fileBytes() throws UsageException {
        long span = options.span();
        return span == Long.MAX_VALUE ? FILE_BYTES : span;
    }

    @Override
    public FrontendOptions frontend(Job job) throws UsageException {
        int ring = QueuePlan.powerOfTwo(MIN_RING + PIECES * job.depth());
        return FuseDriver.prepare(options.frontend())
                .withQueues(new QueuePlan(PIECES, ring, PIECES))
                .withMemory(List.of(RegionPlan.holding(memoryBytes(job), ring)));
    }

    private long memoryBytes(Job job) throws UsageException {
        return switch (job.rw()) {
            case META -> FuseMetaLoad.memoryBytes(job.depth());
            case FORGET -> FuseForgetLoad.memoryBytes(job.depth());
            default -> FuseLoad.memoryBytes(workload(job));
        };
    }

    @Override
    public void prepare(Frontend frontend, Job job) throws IOException, UsageException {
        String file = options.host().file();
        boolean poll = options.poll();
        load = switch (job.rw()) {
            case META -> new FuseMetaLoad(frontend, job.depth(), file, poll);
            case FORGET -> new FuseForgetLoad(frontend, job.depth(), job.blockBytes(), file, poll);
            default -> new FuseLoad(frontend, workload(job), file, fileBytes(), poll);
        };
    }

    private FuseActivity load() {
        if (load == null) {
            throw new IllegalStateException("not prepared");
        }
        return load;
    }

    @Override
    public LoadReport run(Frontend frontend, Job job, Duration time) throws IOException {
        LoadReport report = load().run(time);
        if (report.errors() > 0) {
            throw new IOException(report.errors() + " of " + report.requests() + " requests failed");
        }
        return report;
    }

    @Override
    public void finish(Frontend frontend, Job job) throws IOException {
        load().finish();
    }
}
