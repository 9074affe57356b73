package org.vhostdevice.vsock;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.ByteSize;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceText;
import org.vhostdevice.core.device.StartUp;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.vsock.host.HostPorts;
import org.vhostdevice.vsock.host.Siblings;
import org.vhostdevice.vsock.host.UnixPorts;
import org.vhostdevice.vsock.queue.HubOptions;
import org.vhostdevice.vsock.queue.VsockQueues;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private final VsockForwardArgs forward = new VsockForwardArgs();

    @Option(
            names = "--vm",
            paramLabel = "OPTIONS",
            description = "Serve one more guest on a socket of its own: socket=PATH and further options of this command"
                    + " without their dashes, as in guest-cid=4,socket=/run/b.sock,uds-path=/run/b.vsock. A comma in a"
                    + " value is written twice. Repeatable.")
    private List<String> vms = List.of();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Serve the guests that a YAML file lists: under vms, maps of a socket and these options.")
    private @Nullable Path configFile;

    private final Siblings siblings;

    /// For the only guest, or the first.
    VsockArgs() {
        this(new Siblings());
    }

    /// For one more guest.
    VsockArgs(Siblings siblings) {
        this.siblings = siblings;
    }

    @Override
    public void prepare(StartUp start) throws UsageException, IOException {
        if (start.ownsProcess()) {
            siblings.allowConnections(config().maxConnections());
        }
    }

    @Override
    public VirtioDevice open() throws UsageException, IOException {
        VsockConfig config = config();
        List<HostPorts> ports = new ArrayList<>();
        try {
            forward.open(ports, config.guestCid(), siblings);
            if (config.udsPath() != null) {
                ports.add(new UnixPorts(config.udsPath()));
            }
        } catch (UsageException | IOException e) {
            ports.forEach(HostPorts::close);
            throw e;
        }
        HubOptions options = new HubOptions(config.guestCid(), config.txBufferSize(), config.maxConnections());
        return new VsockDevice(config, new VsockQueues(options, ports));
    }

    @Override
    public List<Further> further() throws UsageException {
        List<Further> further = new ArrayList<>();
        for (String vm : vms) {
            further.add(VsockVmArgs.further("--vm " + vm, DeviceText.parse("--vm", vm), siblings));
        }
        if (configFile != null) {
            String place = "--config " + configFile;
            for (DeviceText vm : VsockConfigFile.read(configFile)) {
                further.add(VsockVmArgs.further(place, vm, siblings));
            }
        }
        return further;
    }

    /// Checks the options.
    ///
    /// @throws UsageException if they are wrong
    void check() throws UsageException {
        VsockConfig _ = config();
    }

    /// What the options say.
    ///
    /// @throws UsageException if they are wrong
    VsockConfig config() throws UsageException {
        forward.check(udsPath != null);
        try {
            int buffer = (int) Math.min(ByteSize.parse(txBufferSize), Integer.MAX_VALUE);
            return new VsockConfig(guestCid, udsPath, buffer, queueSize, maxConnections);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
