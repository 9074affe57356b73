package org.vhostdevice.fs;

import java.nio.file.Path;
import java.util.List;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.DeviceType;

/// Makes file system devices known to the command line.
public final class FsProvider implements DeviceProvider {
    /// Called by the service loader.
    public FsProvider() {}

    @Override
    public String name() {
        return "fs";
    }

    @Override
    public String summary() {
        return "Share a directory with a virtual machine as a virtio file system (virtiofs)";
    }

    @Override
    public DeviceType type() {
        return DeviceType.FS;
    }

    /// {@return that options are written as in today's virtiofsd, which libvirt looks for}
    @Override
    public List<String> capabilities() {
        return List.of("separate-options");
    }

    /// {@return more than others} A guest's next request often waits for the answer to the last.
    @Override
    public int pollMicros() {
        return 200;
    }

    @Override
    public List<String> example(Path folder) {
        return List.of("--shared-dir", folder.toString(), "--sandbox", "none");
    }

    @Override
    public DeviceArguments arguments() {
        return new FsArgs();
    }
}
