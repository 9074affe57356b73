package org.vhostdevice.blk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.queue.EngineKind;
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
            names = "--memory",
            paramLabel = "SIZE",
            description = "Serve a disk of SIZE bytes in this process's memory: fast, empty at first and gone with it."
                    + " In place of --blk-file.")
    private @Nullable String memorySize;

    @Option(
            names = "--create",
            paramLabel = "SIZE",
            description = "Make the image first: a sparse file of SIZE bytes (suffix K, M, G or T). It must not exist.")
    private @Nullable String create;

    @Option(names = "--read-only", description = "Refuse writes; other read-only processes may use the image too.")
    private boolean readOnly;

    @Option(
            names = "--cache",
            paramLabel = "MODE",
            defaultValue = "writeback",
            description = "How the host keeps what was written, as in QEMU: writeback, writethrough, none, directsync or"
                    + " unsafe (default: ${DEFAULT-VALUE}). With unsafe a crash of the host may cost all data.")
    private CacheMode cache = CacheMode.WRITEBACK;

    @Option(
            names = "--discard",
            paramLabel = "MODE",
            defaultValue = "unmap",
            description = "What becomes of sectors that the guest gives up: unmap (the host gets their room back) or"
                    + " ignore (default: ${DEFAULT-VALUE}).")
    private DiscardMode discard = DiscardMode.UNMAP;

    @Option(
            names = "--io-engine",
            paramLabel = "ENGINE",
            defaultValue = "auto",
            description = "How files are read and written: io_uring, threads, or auto for the best the host has"
                    + " (default: ${DEFAULT-VALUE}).")
    private EngineKind engine = EngineKind.AUTO;

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
            MediumOptions options = new MediumOptions(readOnly, cache, discard == DiscardMode.UNMAP);
            return new BlkConfig(medium(), options, numQueues, queueSize, logicalBlockSize, serial, engine);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private Medium medium() throws UsageException {
        long given = Stream.of(blkFile, nullSize, memorySize).filter(Objects::nonNull).count();
        if (given == 0) {
            throw new UsageException("--blk-file PATH is missing: name the image to serve, or use --memory or --null");
        }
        if (given > 1) {
            throw new UsageException("give one of --blk-file PATH, --memory SIZE and --null SIZE");
        }
        if (blkFile != null) {
            return new Medium.File(blkFile, create == null ? 0 : ByteSize.parse(create));
        }
        if (create != null) {
            throw new UsageException("--create makes an image: it goes with --blk-file only");
        }
        return nullSize == null
                ? new Medium.Memory(ByteSize.parse(Objects.requireNonNull(memorySize)))
                : new Medium.None(ByteSize.parse(nullSize));
    }

    /// What becomes of sectors that the driver gives up, in QEMU's words.
    enum DiscardMode {
        /// Nothing; it is not offered.
        IGNORE,
        /// The host gets their room back.
        UNMAP
    }
}
