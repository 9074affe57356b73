package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A Debian package archive seen through apt, without installing anything and without root.
final class AptArchive {
    private static final Pattern DEPENDENCY = Pattern.compile("\\s+\\|?(?:Pre)?Depends: ([a-z0-9][^:\\s]*)");

    private final Path directory;
    private final List<String> options;

    private AptArchive(Path directory, List<String> options) {
        this.directory = directory;
        this.options = options;
    }

    /// The archive as the host's own package lists describe it, which may be missing or old.
    static AptArchive ofHost(Path directory) {
        return new AptArchive(directory, List.of());
    }

    /// The archive as lists describe it that are fetched now and kept below `directory`, for this use alone.
    static AptArchive refreshed(Path directory) throws IOException, GuestUnavailableException {
        Path lists =
                Files.createDirectories(directory.resolve("apt/lists/partial")).getParent();
        Path cache = Files.createDirectories(directory.resolve("apt/cache/archives/partial"))
                .resolve("../..")
                .normalize();
        AptArchive archive =
                new AptArchive(directory, List.of("-o", "Dir::State::Lists=" + lists, "-o", "Dir::Cache=" + cache));
        var _ = archive.run("apt-get", List.of("-q", "update"));
        return archive;
    }

    boolean offers(String name) throws IOException {
        return HostCommand.run(directory, command("apt-cache", List.of("show", name)))
                .succeeded();
    }

    /// The packages that each package of the closure of `roots` depends on; of alternatives, all.
    Map<String, List<String>> dependencies(List<String> roots) throws IOException, GuestUnavailableException {
        List<String> arguments = new ArrayList<>(List.of("depends", "--recurse"));
        Stream.of("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
                .forEach(kind -> arguments.add("--no-" + kind));
        arguments.addAll(roots);
        Map<String, List<String>> graph = new HashMap<>();
        List<String> current = new ArrayList<>();
        for (String line : run("apt-cache", arguments).split("\n", -1)) {
            Matcher dependency = DEPENDENCY.matcher(line);
            if (dependency.matches()) {
                current.add(dependency.group(1));
            } else if (!line.isEmpty() && !Character.isWhitespace(line.charAt(0))) {
                current = graph.computeIfAbsent(line, _ -> new ArrayList<>());
            }
        }
        return graph;
    }

    /// Downloads packages as `.deb` files into the directory of this archive; apt verifies them.
    void download(List<String> packages) throws IOException, GuestUnavailableException {
        List<String> arguments = new ArrayList<>(List.of("-q", "-o", "APT::Sandbox::User=root", "download"));
        arguments.addAll(packages);
        var _ = run("apt-get", arguments);
    }

    private String run(String program, List<String> arguments) throws IOException, GuestUnavailableException {
        HostCommand.Outcome outcome = HostCommand.run(directory, command(program, arguments));
        if (!outcome.succeeded()) {
            throw new GuestUnavailableException(program + " failed: " + outcome.lastLine());
        }
        return outcome.output();
    }

    private List<String> command(String program, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(options);
        command.addAll(arguments);
        return command;
    }
}
