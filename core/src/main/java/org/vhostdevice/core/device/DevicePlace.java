package org.vhostdevice.core.device;

import java.nio.file.Path;

/// Where a device is served, as options name it.
public sealed interface DevicePlace {
    /// A socket file that is made.
    ///
    /// @param path of the file
    record File(Path path) implements DevicePlace {}

    /// A socket that the process was started with.
    ///
    /// @param which the number of its descriptor, or the name that the service manager has given it
    record Passed(String which) implements DevicePlace {}

    /// {@return a socket file}
    ///
    /// @param path of the file
    static DevicePlace ofPath(String path) {
        return new File(Path.of(path));
    }
}
