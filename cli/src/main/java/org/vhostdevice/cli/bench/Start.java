package org.vhostdevice.cli.bench;

import java.time.Duration;

/// What the start of a back end has shown.
///
/// @param time from the start of the command until its socket could be connected to
/// @param residentBytes memory of the serving process at that moment
record Start(Duration time, long residentBytes) {
    /// The time in milliseconds.
    double millis() {
        return time.toNanos() / 1e6;
    }

    /// The memory in mebibytes.
    double mebibytes() {
        return residentBytes / (double) (1 << 20);
    }
}
