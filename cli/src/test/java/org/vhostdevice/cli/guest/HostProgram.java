package org.vhostdevice.cli.guest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.HostAbi;
import org.vhostdevice.core.sys.HostOs;

/// A program of the host with what it needs to run from where it lies.
///
/// @param path the executable
/// @param options arguments that come first in every call
/// @param environment variables set in addition to those of this process
public record HostProgram(Path path, List<String> options, Map<String, String> environment) {
    private static final String PLAYED = "vhost.guest.host";

    /// Copies the list and the map.
    public HostProgram {
        options = List.copyOf(options);
        environment = Map.copyOf(environment);
    }

    /// A program that runs as it is.
    static HostProgram installed(Path path) {
        return new HostProgram(path, List.of(), Map.of());
    }

    /// A program with options that come first, as one text with spaces in between.
    static HostProgram ofCommand(String command) {
        List<String> words = List.of(command.split(" ", -1));
        return installed(Path.of(words.getFirst())).plus(words.subList(1, words.size()));
    }

    /// The archive with the program of this build.
    static Path jarOfThisBuild() {
        Path jar = Path.of(System.getProperty("vhost.jar", "target/vhost-device.jar"))
                .toAbsolutePath();
        if (!Files.exists(jar)) {
            throw new AssertionError("not built: " + jar);
        }
        return jar;
    }

    /// The program of this build, or that which `-Dvhost.command` names, such as an installed one. With
    /// `-Dvhost.guest.host=macos` or `freebsd` it keeps to what that system has.
    ///
    /// @return the program, as it is started
    public static HostProgram ofThisBuild() {
        String command = System.getProperty("vhost.command");
        if (command != null) {
            if (!Files.isExecutable(Path.of(command))) {
                throw GuestAvailability.refuse("there is no " + command);
            }
            return installed(Path.of(command));
        }
        return ofThisBuild(System.getProperty(PLAYED, ""));
    }

    /// {@return whether the program of this build plays a system}
    static boolean plays(HostOs os) {
        return System.getProperty(PLAYED, "").equals(os.label());
    }

    /// {@return whether the program of this build has something of this host}
    static boolean has(Capability capability) {
        String played = System.getProperty(PLAYED, "");
        boolean there =
                played.isEmpty() || capability.existsOn(HostAbi.usual(HostOs.valueOf(played.toUpperCase(Locale.ROOT))));
        return there && capability.available();
    }

    /// The program of this build, keeping to what another system has.
    ///
    /// @param played `macos`, `freebsd`, or empty for this host alone
    static HostProgram ofThisBuild(String played) {
        Path jar = jarOfThisBuild();
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> options = new ArrayList<>(StartCache.options(java, jar));
        if (!played.isEmpty()) {
            options.add("-Dvhost.host=" + played);
        }
        options.addAll(List.of("-jar", jar.toString()));
        return new HostProgram(java, options, Map.of());
    }

    /// The same program with more options.
    HostProgram plus(List<String> more) {
        return new HostProgram(
                path, Stream.concat(options.stream(), more.stream()).toList(), environment);
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
