package org.vhostdevice.cli.bench;

import java.util.Locale;

/// The types of device that there is a load for.
enum DeviceKind {
    /// Block devices.
    BLK,
    /// File system devices.
    FS,
    /// Socket devices.
    VSOCK,
    /// Console devices.
    CONSOLE;

    /// Load as the options say.
    DeviceLoad load(LoadOptions options) {
        return switch (this) {
            case BLK -> new BlkDeviceLoad(options);
            case FS -> new FsDeviceLoad(options);
            case VSOCK -> new VsockDeviceLoad(options);
            case CONSOLE -> new ConsoleDeviceLoad(options);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
