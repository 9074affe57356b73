package org.vhostdevice.blk;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.DeviceType;

/// Makes block devices known to the command line.
public final class BlkProvider implements DeviceProvider {
    /// Called by the service loader.
    public BlkProvider() {}

    @Override
    public String name() {
        return "blk";
    }

    @Override
    public String summary() {
        return "Serve an image, a disk or a network export as a virtio block device";
    }

    @Override
    public DeviceType type() {
        return DeviceType.BLOCK;
    }

    @Override
    public List<String> capabilities() {
        return List.of("read-only", "blk-file");
    }

    @Override
    public Map<Integer, String> featureNames() {
        return Arrays.stream(BlkFeature.values()).collect(Collectors.toMap(BlkFeature::bit, BlkFeature::name));
    }

    @Override
    public List<String> example(Path folder) {
        return List.of("--memory", "1M");
    }

    @Override
    public DeviceArguments arguments() {
        return new BlkArgs();
    }
}
