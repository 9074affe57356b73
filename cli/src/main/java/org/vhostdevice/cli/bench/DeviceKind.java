package org.vhostdevice.cli.bench;

import java.util.Locale;

/// The types of device that there is a load for.
enum DeviceKind {
    /// Block devices.
    BLK;

    /// Load as the options say.
    DeviceLoad load(LoadOptions options) {
        return switch (this) {
            case BLK -> new BlkDeviceLoad(options);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
