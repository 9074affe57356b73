package org.vhostdevice.blk;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.ByteSize;
import picocli.CommandLine.Option;

/// The options for qcow2 images.
final class BlkQcow2Args {
    @Option(
            names = "--backing",
            paramLabel = "FILE",
            description = "With --create and --format qcow2: the image that the new one is based on, raw or qcow2. A"
                    + " relative name counts from the folder of the new image.")
    private @Nullable String backing;

    @Option(
            names = "--l2-cache-size",
            paramLabel = "SIZE",
            defaultValue = "32M",
            description = "Memory for the tables that map a qcow2 disk; 1M maps 8G with clusters of 64K"
                    + " (default: ${DEFAULT-VALUE}).")
    private String l2CacheSize = "32M";

    @Option(
            names = "--refcount-cache-size",
            paramLabel = "SIZE",
            defaultValue = "2M",
            description = "Memory for the reference counts of a qcow2 image (default: ${DEFAULT-VALUE}).")
    private String refcountCacheSize = "2M";

    /// The backing file of a new image.
    @Nullable
    String backing() {
        return backing;
    }

    /// What the options say.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed them
    MediumOptions.Tables tables() {
        return new MediumOptions.Tables(ByteSize.parse(l2CacheSize), ByteSize.parse(refcountCacheSize));
    }
}
