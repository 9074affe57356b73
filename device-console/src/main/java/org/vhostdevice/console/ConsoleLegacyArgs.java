package org.vhostdevice.console;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;
import picocli.CommandLine.Option;

/// Options of rust-vmm's `vhost-device-console`, which makes several devices of one port each, and adds a number to the
/// path of the socket.
final class ConsoleLegacyArgs {
    private static final int FIRST_PORT = 12_345;
    private static final int LAST_PORT = 0xffff;
    private static final int MOST_DEVICES = 256;

    @Option(
            names = {"--backend", "-b"},
            paramLabel = "nested|network",
            description = "As in rust-vmm's program: nested (this terminal) or network (a server of TCP on 127.0.0.1"
                    + " for each device). The devices' sockets are PATH0, PATH1 and so on then.")
    private @Nullable String backend;

    @Option(
            names = {"--tcp-port", "-p"},
            paramLabel = "PORT",
            description = "As in rust-vmm's program: the port of the first device, with --backend network"
                    + " (default: 12345).")
    private @Nullable Integer tcpPort;

    @Option(
            names = {"--socket-count", "-c"},
            paramLabel = "N",
            description = "As in rust-vmm's program: how many devices, with --backend network (default: 1).")
    private @Nullable Integer count;

    boolean isGiven() {
        return backend != null || tcpPort != null || count != null;
    }

    /// The port of each device, as `--port` takes it.
    ///
    /// @throws UsageException if the options are wrong
    List<String> ports() throws UsageException {
        int devices = count == null ? 1 : count;
        if (devices < 1 || devices > MOST_DEVICES) {
            throw new UsageException("--socket-count must be 1 to " + MOST_DEVICES + ", not " + devices);
        }
        if (backend == null || backend.equals("nested")) {
            if (devices > 1 || tcpPort != null) {
                throw new UsageException("--socket-count and --tcp-port go with --backend network");
            }
            return List.of("backend=stdio");
        }
        if (!backend.equals("network")) {
            throw new UsageException("--backend must be nested or network, not " + backend);
        }
        int first = tcpPort == null ? FIRST_PORT : tcpPort;
        if (first < 1 || first > LAST_PORT - devices + 1) {
            throw new UsageException("--tcp-port must be 1 to " + (LAST_PORT - devices + 1) + " for " + devices
                    + " devices, not " + first);
        }
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < devices; i++) {
            texts.add("backend=tcp:127.0.0.1:" + (first + i));
        }
        return texts;
    }
}
