package org.vhostdevice.vsock;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.vsock.queue.VsockFeature;

/// Makes socket devices known to the command line.
public final class VsockProvider implements DeviceProvider {
    /// Called by the service loader.
    public VsockProvider() {}

    @Override
    public String name() {
        return "vsock";
    }

    @Override
    public String summary() {
        return "Connect programs in a virtual machine with its host by virtio sockets (vsock)";
    }

    @Override
    public DeviceType type() {
        return DeviceType.VSOCK;
    }

    @Override
    public Map<Integer, String> featureNames() {
        return Map.of(
                VsockFeature.STREAM, "STREAM",
                VsockFeature.SEQPACKET, "SEQPACKET",
                VsockFeature.NO_IMPLIED_STREAM, "NO_IMPLIED_STREAM");
    }

    @Override
    public List<String> example(Path folder) {
        return List.of("--guest-cid", "3", "--uds-path", folder.resolve("vsock").toString());
    }

    @Override
    public DeviceArguments arguments() {
        return new VsockArgs();
    }
}
