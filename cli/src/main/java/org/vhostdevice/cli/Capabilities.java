package org.vhostdevice.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.vhostdevice.core.device.DeviceProvider;

/// What a device prints for `--print-capabilities` (vhost-user, "Backend program conventions").
final class Capabilities {
    /// The option; beside it all others are ignored, even wrong ones.
    static final String OPTION = "--print-capabilities";

    private Capabilities() {}

    /// The device whose capabilities a command line asks for.
    static Optional<DeviceProvider> asked(String[] args, List<DeviceProvider> devices) {
        if (!Arrays.asList(args).contains(OPTION)) {
            return Optional.empty();
        }
        return devices.stream().filter(device -> device.name().equals(args[0])).findFirst();
    }

    /// One line of JSON. Names of types and features need no escapes.
    static String json(DeviceProvider device) {
        String features = device.capabilities().stream()
                .map(feature -> '"' + feature + '"')
                .collect(Collectors.joining(","));
        return "{\"type\":\"" + device.type().name() + "\",\"features\":[" + features + "]}";
    }
}
