package org.vhostdevice.blk;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.backend.ImageSpec;
import org.vhostdevice.blk.backend.MediumSpec;
import org.vhostdevice.blk.backend.NullSpec;
import org.vhostdevice.core.device.ByteSize;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import picocli.CommandLine.Option;

/// The options of `vhost-device blk` as typed.
final class BlkArgs implements DeviceArguments {
    @Option(
            names = {"--blk-file", "--image"},
            paramLabel = "PATH",
            description = "The raw image or disk to serve.")
    private @Nullable Path blkFile;

    @Option(
            names = "--null",
            paramLabel = "SIZE",
            description = "Serve a disk of SIZE bytes (suffix K, M, G or T) without a medium, for measurements: every"
                    + " request is done at once, writes are forgotten, and reads leave the guest's buffers as they"
                    + " are. In place of --blk-file.")
    private @Nullable String nullSize;

    @Option(
            names = "--create",
            paramLabel = "SIZE",
            description = "Make the image first: a sparse file of SIZE bytes (suffix K, M, G or T). It must not exist.")
    private @Nullable String create;

    @Option(names = "--read-only", description = "Refuse writes; other read-only processes may use the image too.")
    private boolean readOnly;

    @Option(
            names = "--num-queues",
            paramLabel = "N",
            defaultValue = "16",
            description =
                    "How many queues a front end may use, 1 to 256 (default: ${DEFAULT-VALUE}). Each queue in use has"
                            + " its own thread.")
    private int numQueues;

    @Option(
            names = "--queue-size",
            paramLabel = "N",
            defaultValue = "1024",
            description =
                    "The largest ring a front end may use, a power of two from 4 to 1024 (default: ${DEFAULT-VALUE}).")
    private int queueSize;

    @Option(
            names = "--logical-block-size",
            paramLabel = "BYTES",
            defaultValue = "512",
            description = "512, 1024, 2048 or 4096 (default: ${DEFAULT-VALUE}).")
    private int logicalBlockSize;

    @Option(
            names = "--serial",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "The serial number that the guest sees, at most 20 printable characters.")
    private String serial = "";

    @Override
    public VirtioDevice open() throws UsageException, IOException {
        return new BlkDevice(config());
    }

    private BlkConfig config() throws UsageException {
        try {
            return new BlkConfig(medium(), numQueues, queueSize, logicalBlockSize, serial);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private MediumSpec medium() throws UsageException {
        if (blkFile != null && nullSize != null) {
            throw new UsageException("give either --blk-file PATH or --null SIZE, not both");
        }
        if (nullSize != null) {
            if (create != null) {
                throw new UsageException("--create makes an image: leave it out with --null, which has none");
            }
            return new NullSpec(ByteSize.parse(nullSize), readOnly);
        }
        if (blkFile == null) {
            throw new UsageException("--blk-file PATH is missing: name the image to serve, or use --null SIZE");
        }
        return new ImageSpec(blkFile, readOnly, create == null ? 0 : ByteSize.parse(create));
    }
}
