package org.vhostdevice.core.device;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/// A device as a service (`META-INF/services/org.vhostdevice.core.device.DeviceProvider`).
///
/// Each provider on the class path becomes a subcommand with its options, `--print-capabilities` and help, without a
/// change to the core or to the command line.
public interface DeviceProvider {
    /// {@return the subcommand, such as `blk`}
    String name();

    /// {@return one sentence for the help text, without a full stop}
    String summary();

    /// {@return what kind of device this is}
    DeviceType type();

    /// {@return the optional features of the back-end program conventions that this device has, such as `read-only`}
    default List<String> capabilities() {
        return List.of();
    }

    /// {@return the names of the device's own feature bits as in the specification, such as `FLUSH`, by bit number}
    /// Those of rings and transport are known to the core.
    default Map<Integer, String> featureNames() {
        return Map.of();
    }

    /// {@return fresh commands below the device's own, as objects with picocli annotations; what they return
    /// is the exit status, and what they throw is treated as in [DeviceArguments#open]}
    default List<Callable<Integer>> commands() {
        return List.of();
    }

    /// {@return for how many microseconds an empty ring is looked at before its thread sleeps, if nobody says} See
    /// `--poll-us`.
    default int pollMicros() {
        return 5;
    }

    /// {@return options with which the device starts anywhere, for a trial that tells nobody anything}
    ///
    /// @param folder an empty one, where the device may make files that it removes at its end
    default List<String> example(Path folder) {
        return List.of();
    }

    /// {@return a fresh object that takes the device's own options (picocli annotations)}
    DeviceArguments arguments();
}
