package org.vhostdevice.rng;

import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import picocli.CommandLine.Option;

/// The command `vhost-device rng`.
public final class RngProvider implements DeviceProvider {
    /// Called by the service loader.
    public RngProvider() {}

    @Override
    public String name() {
        return "rng";
    }

    @Override
    public String summary() {
        return "Give a virtual machine random bytes of the host";
    }

    @Override
    public DeviceType type() {
        return new DeviceType("rng", 4);
    }

    @Override
    public DeviceArguments arguments() {
        return new RngArgs();
    }

    private static final class RngArgs implements DeviceArguments {
        @Option(
                names = "--max-bytes",
                paramLabel = "N",
                defaultValue = "4096",
                description = "How many bytes one request gets at most, 1 to 65536 (default: ${DEFAULT-VALUE}).")
        private int maxBytes;

        @Override
        public VirtioDevice open() throws UsageException {
            if (maxBytes < 1 || maxBytes > 65_536) {
                throw new UsageException("--max-bytes must be 1 to 65536, not " + maxBytes);
            }
            return new RngDevice(maxBytes);
        }
    }
}
