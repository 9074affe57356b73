package org.vhostdevice.cli.bench;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.ByteSize;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.frontend.BlkWorkload.Access;
import org.vhostdevice.core.frontend.DriverFeature;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.sys.Notification;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Options that say what is asked of the device, and how.
final class LoadOptions {
    private static final int MAX_QUEUES = 256;
    private static final int PERCENT = 100;

    @Option(
            names = "--device",
            paramLabel = "TYPE",
            defaultValue = "blk",
            description = "Type of the device: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private DeviceKind device = DeviceKind.BLK;

    @Option(
            names = "--rw",
            paramLabel = "RW",
            description =
                    "What is done: read, write, randread (default), randwrite or randrw. Of vsock: write sends from"
                            + " guest to host, read from host to guest, randrw there and back; of console: write or read. Of fs also meta, which"
                            + " makes, looks up and removes files, and forget: how long FORGET takes while --iodepth requests"
                            + " copy --bs bytes each.")
    private @Nullable Rw rw;

    @Option(
            names = "--rwmixread",
            paramLabel = "PERCENT",
            description = "How many of 100 requests read in randrw (default: 50).")
    private @Nullable Integer readMix;

    @Option(names = "--bs", paramLabel = "SIZE", description = "Bytes of a request (default: 4k).")
    private @Nullable String blockSize;

    @Option(names = "--iodepth", paramLabel = "N", description = "Requests in flight in each queue (default: 32).")
    private @Nullable Integer depth;

    @Option(
            names = "--job",
            paramLabel = "RW:BS:DEPTH",
            description =
                    "--rw, --bs and --iodepth in one, such as randread:4k:32. Repeatable, for several loads one after the"
                            + " other.")
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
            description = "How long each load runs before it is measured (default: ${DEFAULT-VALUE}).")
    private String ramp = "";

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            description = "Use the first SIZE bytes of the disk only; of fs, make a file of SIZE (default: 64M).")
    private @Nullable String size;

    @Option(
            names = "--verify",
            description = "Fill the disk, or what --size says of it, before each load and check the data: while a load"
                    + " reads, after one that writes.")
    private boolean verify;

    @Mixin
    private final HostOptions host = new HostOptions();

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "1",
            description = "With vsock: connections among which the packets are divided (default: ${DEFAULT-VALUE}).")
    private int connections;

    @Option(
            names = "--ceiling",
            description = "With vsock: after each load put it on plain Unix sockets too, without a device in between.")
    private boolean ceiling;

    @Option(names = "--packed", description = "Use packed rings; the back end must offer VIRTIO_F_RING_PACKED.")
    private boolean packed;

    @Option(names = "--in-order", description = "Use VIRTIO_F_IN_ORDER; the back end must offer it.")
    private boolean inOrder;

    @Option(names = "--no-event-idx", description = "Do without VIRTIO_F_EVENT_IDX.")
    private boolean noEventIdx;

    @Option(names = "--no-indirect", description = "Do without VIRTIO_F_INDIRECT_DESC.")
    private boolean noIndirect;

    @Option(names = "--poll", description = "Poll the rings and ask for no notifications.")
    private boolean poll;

    @Option(
            names = "--halt-poll-us",
            paramLabel = "N",
            defaultValue = "0",
            description = "Look at a ring for N microseconds before its thread sleeps until the back end notifies, as"
                    + " the processors of a guest do under KVM (default: ${DEFAULT-VALUE}).")
    private int haltPollMicros;

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
                    rw == null ? Rw.RANDREAD : rw, blockSize == null ? "4k" : blockSize, depth == null ? 32 : depth));
        }
        if (rw != null || blockSize != null || depth != null) {
            throw new UsageException("give either --job or --rw, --bs and --iodepth");
        }
        List<Job> parsed = new ArrayList<>();
        for (String job : jobs) {
            parsed.add(Job.parse(job));
        }
        return parsed;
    }

    /// Checks all options.
    ///
    /// @throws UsageException if one cannot be
    void check() throws UsageException {
        if (queues < 1 || queues > MAX_QUEUES) {
            throw new UsageException("--num-queues must be 1 to " + MAX_QUEUES + ", not " + queues);
        }
        if (runtime().isZero()) {
            throw new UsageException("--runtime must be more than 0");
        }
        if (readMix != null && (readMix < 0 || readMix > PERCENT)) {
            throw new UsageException("--rwmixread must be 0 to " + PERCENT + ", not " + readMix);
        }
        List<Job> all = jobs();
        if (readMix != null && all.stream().noneMatch(job -> job.rw() == Rw.RANDRW)) {
            throw new UsageException("--rwmixread goes with randrw");
        }
        for (Job job : all) {
            check(job);
        }
        if (device != DeviceKind.VSOCK && (ceiling || connections != 1)) {
            throw new UsageException((ceiling ? "--ceiling" : "--connections") + " goes with --device vsock");
        }
        Duration _ = ramp();
        long _ = span();
    }

    private void check(Job job) throws UsageException {
        try {
            device().check(job);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    /// The load on the type of device that was chosen.
    DeviceLoad device() {
        return device.load(this);
    }

    /// How many of 100 requests read.
    int readPercent(Access of) {
        if (of.mixed()) {
            return readMix == null ? PERCENT / 2 : readMix;
        }
        return of.write() ? 0 : PERCENT;
    }

    /// How the host's side of a device is reached.
    HostOptions host() {
        return host;
    }

    /// Refuses a number of queues, for loads that use what the device has.
    void requireOneQueue() throws UsageException {
        if (queues != 1) {
            throw new UsageException("--num-queues goes with blk");
        }
    }

    /// Connections of a socket device.
    int connections() {
        return connections;
    }

    /// Whether the load runs without a device too.
    boolean ceiling() {
        return ceiling;
    }

    /// Refuses to verify, for loads without contents.
    void requireNoVerify() throws UsageException {
        if (verify) {
            throw new UsageException("--verify goes with blk and fs");
        }
    }

    boolean indirect() {
        return !noIndirect;
    }

    boolean poll() {
        return poll;
    }

    /// The virtio features without which nothing is measured.
    long required() {
        return (packed ? DriverFeature.RING_PACKED : 0) | (inOrder ? DriverFeature.IN_ORDER : 0);
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

    /// How the generator attaches, apart from what depends on the device.
    FrontendOptions frontend() {
        long without = (noEventIdx ? DriverFeature.EVENT_IDX : 0) | (noIndirect ? DriverFeature.INDIRECT_DESC : 0);
        FrontendOptions options =
                FrontendOptions.defaults().withFeatures(required()).withoutFeatures(without);
        FrontendOptions all = options.withHaltPoll(Duration.of(Math.max(0, haltPollMicros), ChronoUnit.MICROS));
        return notify == null ? all : all.withNotifications(notify);
    }
}
