package org.vhostdevice.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.transport.Endpoint;
import picocli.CommandLine.Option;

/// Options that say where front ends find a device.
final class SocketOptions {
    private static final int OCTAL = 8;

    @Option(
            names = {"--socket", "--socket-path"},
            paramLabel = "PATH",
            description = "Listen on a Unix socket at PATH.")
    private @Nullable Path path;

    @Option(
            names = "--fd",
            paramLabel = "N",
            description =
                    "Use the socket that this process was started with as file descriptor N: a listening one, or one"
                            + " that is connected to a front end.")
    private @Nullable Integer fd;

    @Option(
            names = "--socket-mode",
            paramLabel = "MODE",
            description = "Permissions of the socket, octal (default: 0600, with a group 0660).")
    private @Nullable String mode;

    @Option(names = "--socket-group", paramLabel = "GROUP", description = "Group of the socket, by name or number.")
    private @Nullable String group;

    /// Whether one of the options names an end point.
    boolean isGiven() {
        return path != null || fd != null;
    }

    /// The path that one of the options names; null for none.
    @Nullable
    Path path() {
        return path;
    }

    /// An end point of a further device, with the permissions of the first.
    ///
    /// @throws UsageException if they are wrong
    Endpoint endpoint(Path socket) throws UsageException {
        try {
            return Endpoint.Listen.of(socket, mode == null ? null : Integer.valueOf(mode, OCTAL), group);
        } catch (NumberFormatException e) {
            throw new UsageException("--socket-mode must be octal, such as 0660, not " + mode);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    /// The end point that the options name.
    ///
    /// @throws UsageException if they name none, two, or one that cannot be
    Endpoint endpoint() throws UsageException {
        if (path != null && fd == null) {
            return endpoint(path);
        }
        if (fd == null || path != null) {
            throw new UsageException("give either --socket PATH or --fd N");
        }
        if (mode != null || group != null) {
            throw new UsageException("--socket-mode and --socket-group go with --socket PATH only");
        }
        try {
            return new Endpoint.Inherited(fd);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
