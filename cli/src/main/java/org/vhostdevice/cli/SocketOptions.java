package org.vhostdevice.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.DevicePlace;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.sys.ServiceManager.PassedSocket;
import org.vhostdevice.core.transport.Endpoint;
import picocli.CommandLine.Option;

/// Options that say where front ends find a device.
final class SocketOptions {
    private static final int OCTAL = 8;
    private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,9}");

    @Option(
            names = {"--socket", "--socket-path"},
            paramLabel = "PATH",
            description = "Listen on a Unix socket at PATH.")
    private @Nullable Path path;

    @Option(
            names = "--fd",
            paramLabel = "N|NAME",
            description = "Use the socket that this process was started with as file descriptor N, or that a service"
                    + " manager such as systemd has passed to it under a NAME: a listening one, or one that is"
                    + " connected to a front end. The only one that was passed is used without this option.")
    private @Nullable String fd;

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

    /// The end point at a place, with the permissions that the options name.
    ///
    /// @param passed by the service manager
    /// @throws UsageException if they are wrong, or there is no such socket
    Endpoint endpoint(DevicePlace place, List<PassedSocket> passed) throws UsageException {
        return switch (place) {
            case DevicePlace.File(Path file) -> listen(file);
            case DevicePlace.Passed(String which) -> inherited(which, passed);
        };
    }

    private Endpoint listen(Path socket) throws UsageException {
        try {
            return Endpoint.Listen.of(socket, mode == null ? null : Integer.valueOf(mode, OCTAL), group);
        } catch (NumberFormatException e) {
            throw new UsageException("--socket-mode must be octal, such as 0660, not " + mode);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    /// The end point that the options name, or else the only socket that was passed.
    ///
    /// @param passed by the service manager
    /// @throws UsageException if they name none, two, or one that cannot be
    Endpoint endpoint(List<PassedSocket> passed) throws UsageException {
        if (path != null && fd == null) {
            return listen(path);
        }
        if (path == null && fd != null) {
            return inherited(fd, passed);
        }
        if (path == null && passed.size() == 1) {
            return inherited(passed.getFirst().number());
        }
        throw new UsageException(
                path == null && passed.size() > 1
                        ? "the service manager has passed " + passed.size() + " sockets: choose one by --fd NAME"
                        : "give either --socket PATH or --fd N");
    }

    private Endpoint inherited(String which, List<PassedSocket> passed) throws UsageException {
        if (NUMBER.matcher(which).matches()) {
            return inherited(Integer.parseInt(which));
        }
        List<PassedSocket> named =
                passed.stream().filter(socket -> socket.name().equals(which)).toList();
        if (named.size() != 1) {
            throw new UsageException("--fd " + which + ": the service manager has passed "
                    + (named.isEmpty() ? "no socket" : named.size() + " sockets") + " of that name");
        }
        return inherited(named.getFirst().number());
    }

    private Endpoint inherited(int number) throws UsageException {
        if (mode != null || group != null) {
            throw new UsageException("--socket-mode and --socket-group go with --socket PATH only");
        }
        try {
            return new Endpoint.Inherited(number);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
