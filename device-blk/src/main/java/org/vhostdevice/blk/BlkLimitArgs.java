package org.vhostdevice.blk;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.queue.Throttle;
import org.vhostdevice.core.device.ByteSize;
import picocli.CommandLine.Option;

/// The options that limit what a disk does in a second.
final class BlkLimitArgs {
    /// A burst is a tenth of a second's worth unless said otherwise, as in QEMU.
    private static final int BURSTS_PER_SECOND = 10;

    @Option(names = "--iops", paramLabel = "N", description = "At most N requests a second.")
    private @Nullable Long iops;

    @Option(
            names = "--iops-burst",
            paramLabel = "N",
            description = "Requests that may come at once (default: a tenth of --iops).")
    private @Nullable Long iopsBurst;

    @Option(
            names = "--bps",
            paramLabel = "SIZE",
            description = "At most SIZE bytes a second (suffix K, M, G or T), reads and writes together.")
    private @Nullable String bps;

    @Option(
            names = "--bps-burst",
            paramLabel = "SIZE",
            description = "Bytes that may come at once (default: a tenth of --bps).")
    private @Nullable String bpsBurst;

    /// What the options say.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed them
    Throttle.Limits limits() {
        requireLimit("--iops", iops, "--iops-burst", iopsBurst);
        requireLimit("--bps", bps, "--bps-burst", bpsBurst);
        long requests = iops == null ? 0 : positive("--iops", iops);
        long bytes = bps == null ? 0 : ByteSize.parse(bps);
        return new Throttle.Limits(
                requests,
                iopsBurst == null ? burst(requests) : positive("--iops-burst", iopsBurst),
                bytes,
                bpsBurst == null ? burst(bytes) : ByteSize.parse(bpsBurst));
    }

    private static void requireLimit(
            String option, @Nullable Object limit, String burstOption, @Nullable Object burst) {
        if (limit == null && burst != null) {
            throw new IllegalArgumentException(burstOption + " needs " + option);
        }
    }

    private static long positive(String option, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(option + " must be more than 0, not " + value);
        }
        return value;
    }

    private static long burst(long perSecond) {
        return Math.max(1, perSecond / BURSTS_PER_SECOND);
    }
}
