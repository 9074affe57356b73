package org.vhostdevice.vsock;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.ByteSize;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.vsock.host.HostPorts;
import org.vhostdevice.vsock.host.UnixPorts;
import org.vhostdevice.vsock.queue.HubOptions;
import org.vhostdevice.vsock.queue.VsockQueues;
import picocli.CommandLine.Option;

/// The options of `vhost-device vsock` as typed.
final class VsockArgs implements DeviceArguments {
    @Option(
            names = "--guest-cid",
            paramLabel = "CID",
            defaultValue = "3",
            description = "The context id of the guest, 3 to 4294967294 (default: ${DEFAULT-VALUE}).")
    private long guestCid;

    @Option(
            names = "--uds-path",
            paramLabel = "PATH",
            description =
                    "The Unix socket by which programs of the host reach the guest: they write CONNECT, a port and"
                            + " a line feed. The guest reaches who listens at PATH_PORT.")
    private @Nullable Path udsPath;

    @Option(
            names = "--tx-buffer-size",
            paramLabel = "SIZE",
            defaultValue = "256K",
            description = "How much of a connection the guest may send before the host takes it, 4096 to 1G"
                    + " (default: ${DEFAULT-VALUE}).")
    private String txBufferSize = "256K";

    @Option(
            names = "--queue-size",
            paramLabel = "N",
            defaultValue = "1024",
            description = "The largest queue that a front end may use, a power of two up to 32768"
                    + " (default: ${DEFAULT-VALUE}).")
    private int queueSize;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "16384",
            description = "How many connections there may be at a time (default: ${DEFAULT-VALUE}).")
    private int maxConnections;

    @Override
    public VirtioDevice open() throws UsageException, IOException {
        VsockConfig config = config();
        List<HostPorts> ports = List.of(new UnixPorts(config.udsPath()));
        HubOptions options = new HubOptions(config.guestCid(), config.txBufferSize(), config.maxConnections());
        return new VsockDevice(config, new VsockQueues(options, ports));
    }

    /// What the options say.
    ///
    /// @throws UsageException if they are wrong
    VsockConfig config() throws UsageException {
        if (udsPath == null) {
            throw new UsageException("--uds-path PATH is missing: name the socket by which the host reaches the guest");
        }
        try {
            int buffer = (int) Math.min(ByteSize.parse(txBufferSize), Integer.MAX_VALUE);
            return new VsockConfig(guestCid, udsPath, buffer, queueSize, maxConnections);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
