package org.vhostdevice.fs.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.sys.Isolation;

/// How users other than root get a namespace in which they have all capabilities. A process with threads, such
/// as the JVM, cannot make one; the program `unshare` of util-linux does, and runs the JVM in it.
final class UserNamespace {
    private static final List<Path> PROGRAMS =
            Stream.of("/usr/bin/unshare", "/bin/unshare").map(Path::of).toList();

    private UserNamespace() {}

    /// The command that runs another one in a new namespace.
    ///
    /// @throws UsageException if this host has no such program, or it cannot map these users and groups
    static List<String> command(SandboxOptions options) throws UsageException {
        Path program = PROGRAMS.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new UsageException("--sandbox namespace needs the program unshare (util-linux) for"
                        + " users other than root: there is no " + PROGRAMS.getFirst()));
        List<String> words = new ArrayList<>(List.of(program.toString(), "--user", "--keep-caps"));
        addMaps(words, "user", "--uid-map", Isolation.user(), options.userMaps());
        addMaps(words, "group", "--gid-map", Isolation.group(), options.groupMaps());
        words.add("--");
        return words;
    }

    /// Without maps, the user (or group) of the process is the only one, under its own number. More of them take
    /// the host's permission (`newuidmap`).
    private static void addMaps(List<String> words, String what, String option, int own, List<NamespaceMap> maps)
            throws UsageException {
        Predicate<NamespaceMap> isOwn = map -> map.outside() == Integer.toUnsignedLong(own) && map.count() == 1;
        List<NamespaceMap> ranges = maps.stream().filter(isOwn.negate()).toList();
        if (ranges.size() > 1 || maps.size() - ranges.size() > 1) {
            throw new UsageException(
                    option + " may be given for the " + what + " of the process and for one range of others");
        }
        if (maps.isEmpty()) {
            words.add("--map-" + what + "=" + Integer.toUnsignedString(own));
        }
        for (NamespaceMap map : maps) {
            words.add(
                    isOwn.test(map)
                            ? "--map-" + what + "=" + map.inside()
                            : "--map-" + what + "s=" + map.outside() + "," + map.inside() + "," + map.count());
        }
    }
}
