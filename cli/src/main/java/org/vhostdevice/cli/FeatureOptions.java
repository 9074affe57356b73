package org.vhostdevice.cli;

import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.session.FeatureNames;
import org.vhostdevice.core.session.ServerOptions;
import picocli.CommandLine.Option;

/// Options that say what a device does not offer.
final class FeatureOptions {
    @Option(
            names = "--disable-feature",
            paramLabel = "NAME",
            split = ",",
            description = {
                "Do not offer a feature, nor those that need it: of the device, of its rings, or of the vhost-user"
                        + " protocol, by its name in the specification, such as EVENT_IDX or INFLIGHT_SHMFD.",
                "Can be given many times, or with a list: NAME,NAME. PROTOCOL_F_NAME means the protocol's where the"
                        + " device has one of the same name."
            })
    private List<String> withheld = new ArrayList<>();

    /// How a device is served.
    ///
    /// @throws UsageException if a name is not known, or the device cannot do without the feature
    ServerOptions apply(DeviceProvider device) throws UsageException {
        return FeatureNames.of(device).without(withheld);
    }
}
