package org.vhostdevice.blk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.nbd.NbdUri;
import org.vhostdevice.blk.queue.DetectZeroes;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.EngineKind;
import org.vhostdevice.blk.queue.OnEnospc;
import org.vhostdevice.blk.storage.ImageFormat;
import org.vhostdevice.core.device.ByteSize;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of `vhost-device blk` as typed.
final class BlkArgs implements DeviceArguments {
    @Option(
            names = {"--blk-file", "--image"},
            paramLabel = "PATH|URI",
            description = "The image or disk to serve, or an export of an NBD server: nbd://HOST/EXPORT,"
                    + " nbds://HOST/EXPORT or nbd+unix:///EXPORT?socket=PATH.")
    private @Nullable String blkFile;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "What the image is: raw or qcow2. Otherwise its first bytes tell; a guest cannot make a raw"
                    + " image look like another format then.")
    private @Nullable ImageFormat format;

    @Option(
            names = "--snapshot",
            description =
                    "Keep the image as it is: what the guest writes goes to a temporary file and is gone at the end.")
    private boolean snapshot;

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
            description =
                    "How the host keeps what was written, as in QEMU: writeback, writethrough, none, directsync or"
                            + " unsafe (default: writeback). With unsafe a crash of the host may cost all data.")
    private CacheMode cache = CacheMode.WRITEBACK;

    @Option(
            names = "--discard",
            paramLabel = "MODE",
            description = "What becomes of sectors that the guest gives up: unmap (the host gets their room back) or"
                    + " ignore (default: unmap).")
    private DiscardMode discard = DiscardMode.UNMAP;

    @Option(
            names = "--locking",
            paramLabel = "on|off",
            description =
                    "Whether the image is locked against other users. Two that write it at a time destroy it; off is"
                            + " for the destination of a migration on shared storage (default: on).")
    private Switch locking = Switch.ON;

    @Option(
            names = "--detect-zeroes",
            paramLabel = "MODE",
            description = "What becomes of writes of zeros: off (they are written), on (the host zeroes, and keeps the"
                    + " room) or unmap (the host gets their room back) (default: off).")
    private DetectZeroes detectZeroes = DetectZeroes.OFF;

    @Option(
            names = "--on-enospc",
            paramLabel = "MODE",
            description = "What becomes of writes for which the host has no room: report (they fail) or stop (they wait"
                    + " until there is room) (default: report).")
    private OnEnospc onEnospc = OnEnospc.REPORT;

    @Mixin
    private final BlkLimitArgs limits = new BlkLimitArgs();

    @Mixin
    private final BlkQcow2Args qcow2 = new BlkQcow2Args();

    @Mixin
    private final BlkNbdArgs nbd = new BlkNbdArgs();

    @Option(
            names = "--disk",
            paramLabel = "OPTIONS",
            description = "Serve one more disk on a socket of its own: socket=PATH and further options of this command"
                    + " without their dashes, as in socket=/run/b.sock,blk-file=b.qcow2,read-only. A comma in a value is"
                    + " written twice. Repeatable.")
    private List<String> disks = List.of();

    @Option(
            names = "--io-engine",
            paramLabel = "ENGINE",
            description = "How files are read and written: io_uring, threads, or auto for the best the host has"
                    + " (default: auto).")
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
            description =
                    "The size of the disk's blocks for the guest: 512, 1024, 2048 or 4096 (default: ${DEFAULT-VALUE}).")
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

    @Override
    public List<Further> further() throws UsageException {
        List<Further> further = new ArrayList<>();
        for (String disk : disks) {
            further.add(BlkDiskArgs.parse(disk));
        }
        return further;
    }

    private BlkConfig config() throws UsageException {
        try {
            if (format != null && !format.isSupported()) {
                throw new UsageException("--format must be raw or qcow2; qemu-img converts others");
            }
            boolean unmap = discard == DiscardMode.UNMAP;
            MediumOptions options = new MediumOptions(
                    readOnly,
                    cache,
                    locking == Switch.ON,
                    format,
                    snapshot,
                    qcow2.tables(),
                    nbd.options(readOnly || snapshot));
            Disk.Policy policy = new Disk.Policy(unmap, detectZeroes, onEnospc, engine);
            return new BlkConfig(
                    medium(), options, numQueues, queueSize, logicalBlockSize, serial, policy, limits.limits());
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private Medium medium() throws UsageException {
        long given = Stream.of(blkFile, nullSize, memorySize)
                .filter(Objects::nonNull)
                .count();
        if (given == 0) {
            throw new UsageException("--blk-file PATH is missing: name the image to serve, or use --memory or --null");
        }
        if (given > 1) {
            throw new UsageException("give one of --blk-file PATH, --memory SIZE and --null SIZE");
        }
        boolean served = blkFile != null && NbdUri.matches(blkFile);
        if (blkFile != null && !served) {
            return new Medium.File(Path.of(blkFile), create == null ? 0 : ByteSize.parse(create), qcow2.backing());
        }
        if (create != null) {
            throw new UsageException("--create makes an image: it goes with --blk-file PATH only");
        }
        if (blkFile != null) {
            return new Medium.Nbd(NbdUri.parse(blkFile));
        }
        return nullSize == null
                ? new Medium.Memory(ByteSize.parse(Objects.requireNonNull(memorySize)))
                : new Medium.None(ByteSize.parse(nullSize));
    }

    /// Yes or no, in QEMU's words.
    enum Switch {
        /// Yes.
        ON,
        /// No.
        OFF
    }

    /// What becomes of sectors that the driver gives up, in QEMU's words.
    enum DiscardMode {
        /// Nothing; it is not offered.
        IGNORE,
        /// The host gets their room back.
        UNMAP
    }
}
