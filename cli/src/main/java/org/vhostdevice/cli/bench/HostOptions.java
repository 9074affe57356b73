package org.vhostdevice.cli.bench;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine.Option;

/// Options that say where the host's side of a device is, and what is used of it.
final class HostOptions {
    private static final String FILE = "vhost-device-bench.tmp";

    @Option(
            names = "--file",
            paramLabel = "NAME",
            description = "With fs: the file in the shared folder that is made, and removed at the end (default: "
                    + FILE + ").")
    private @Nullable String file;

    @Option(
            names = "--vsock-uds",
            paramLabel = "PATH",
            description = "With vsock: where the device has the Unix sockets of its host side; the load listens on"
                    + " PATH_PORT.")
    private @Nullable Path vsockUds;

    @Option(
            names = "--console-peer",
            paramLabel = "PATH",
            description = "With console: the device's Unix socket or terminal on the host, for --rw read, and to take"
                    + " what is written.")
    private @Nullable Path consolePeer;

    /// The file to be made.
    String file() {
        return file == null ? FILE : file;
    }

    /// The path of the socket device's host side.
    ///
    /// @throws UsageException if it was not given
    Path vsockUds() throws UsageException {
        if (vsockUds == null) {
            throw new UsageException("--device vsock needs the host's side of the device: give --vsock-uds PATH");
        }
        return vsockUds;
    }

    /// The console device's host side.
    Optional<Path> consolePeer() {
        return Optional.ofNullable(consolePeer);
    }

    /// Refuses what belongs to other types of devices.
    ///
    /// @param used the option that the type of device has; empty for none
    /// @throws UsageException if another one was given
    void requireOnly(String used) throws UsageException {
        requireUnused("--file", file, "fs", used);
        requireUnused("--vsock-uds", vsockUds, "vsock", used);
        requireUnused("--console-peer", consolePeer, "console", used);
    }

    private static void requireUnused(String name, @Nullable Object value, String device, String used)
            throws UsageException {
        if (value != null && !name.equals(used)) {
            throw new UsageException(name + " goes with --device " + device);
        }
    }
}
