package org.vhostdevice.cli.guest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A program of the host with what it needs to run from where it lies.
///
/// @param path the executable
/// @param options arguments that come first in every call
/// @param environment variables set in addition to those of this process
record HostProgram(Path path, List<String> options, Map<String, String> environment) {
    HostProgram {
        options = List.copyOf(options);
        environment = Map.copyOf(environment);
    }

    /// A program that runs as it is.
    static HostProgram installed(Path path) {
        return new HostProgram(path, List.of(), Map.of());
    }

    /// A process to be started, with arguments after the program's own options.
    ProcessBuilder with(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(path.toString()));
        command.addAll(options);
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        return builder;
    }
}
