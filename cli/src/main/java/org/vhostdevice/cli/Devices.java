package org.vhostdevice.cli;

import java.util.List;
import java.util.ServiceLoader;
import org.vhostdevice.core.device.DeviceProvider;

/// The devices on the class path.
final class Devices {
    private Devices() {}

    static List<DeviceProvider> all() {
        return ServiceLoader.load(DeviceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }

    /// The device with a name.
    ///
    /// @throws IllegalStateException if it was left out of this program
    static DeviceProvider named(String name) {
        return all().stream()
                .filter(device -> device.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("this program was built without the device " + name));
    }
}
