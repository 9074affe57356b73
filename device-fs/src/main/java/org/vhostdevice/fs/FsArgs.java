package org.vhostdevice.fs;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.fs.fuse.CachePolicy;
import org.vhostdevice.fs.passthrough.PassthroughFileSystem;
import picocli.CommandLine.Option;

/// The options of `vhost-device fs` as typed.
final class FsArgs implements DeviceArguments {
    @Option(names = "--shared-dir", paramLabel = "DIR", description = "The directory to share.")
    private @Nullable Path sharedDir;

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description = "The name by which the guest mounts the directory, at most 36 bytes of UTF-8. Leave it out"
                    + " if the front end knows it, as QEMU does.")
    private @Nullable String tag;

    @Option(
            names = "--num-request-queues",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many request queues a front end may use, 1 to 64 (default: ${DEFAULT-VALUE}).")
    private int requestQueues;

    @Option(
            names = "--thread-pool-size",
            paramLabel = "N",
            defaultValue = "0",
            description = "How many threads serve requests of a queue that may wait for the host, 0 to 256"
                    + " (default: ${DEFAULT-VALUE}, for as many as are useful).")
    private int threads;

    @Option(
            names = "--cache",
            paramLabel = "POLICY",
            description = "How long the guest may use what it knows without asking: auto, always, never or metadata"
                    + " (default: auto).")
    private CachePolicy cache = CachePolicy.AUTO;

    @Option(names = "--readonly", description = "Refuse all changes.")
    private boolean readOnly;

    @Option(names = "--xattr", description = "Let the guest use extended attributes.")
    private boolean xattr;

    @Override
    public VirtioDevice open() throws UsageException, IOException {
        FsConfig config = config();
        return new FsDevice(config, PassthroughFileSystem.open(config.passthrough()), config.fuse());
    }

    /// What the options say.
    ///
    /// @throws UsageException if they are wrong
    FsConfig config() throws UsageException {
        if (sharedDir == null) {
            throw new UsageException("--shared-dir DIR is missing: name the directory to share");
        }
        try {
            return new FsConfig(sharedDir, tag, requestQueues, threads, cache, readOnly, xattr);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
