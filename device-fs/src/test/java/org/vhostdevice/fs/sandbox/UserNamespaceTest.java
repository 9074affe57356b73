package org.vhostdevice.fs.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.sys.Isolation;

/// The command that makes a user namespace.
class UserNamespaceTest {
    private final String user = Integer.toUnsignedString(Isolation.user());
    private final String group = Integer.toUnsignedString(Isolation.group());

    @BeforeEach
    void needsTheProgram() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/unshare")), "unshare of util-linux");
    }

    private static List<String> command(List<String> users, List<String> groups) throws UsageException {
        SandboxOptions options = new SandboxOptions(
                SandboxMode.NAMESPACE,
                null,
                null,
                users.stream().map(NamespaceMap::parse).toList(),
                groups.stream().map(NamespaceMap::parse).toList(),
                OptionalLong.empty());
        return UserNamespace.command(options);
    }

    private static List<String> expected(String... maps) {
        Stream<String> start = Stream.of("/usr/bin/unshare", "--user", "--keep-caps");
        return Stream.of(start, Stream.of(maps), Stream.of("--"))
                .flatMap(words -> words)
                .toList();
    }

    @Test
    void withoutMapsTheProcessStaysWhoItIs() throws UsageException {
        assertEquals(expected("--map-user=" + user, "--map-group=" + group), command(List.of(), List.of()));
    }

    @Test
    void mapsOfLibvirtAreThoseOfTheProcessAndARange() throws UsageException {
        assertEquals(
                expected("--map-user=0", "--map-users=100000,1,65536", "--map-group=0", "--map-groups=100000,1,65536"),
                command(
                        List.of(":0:" + user + ":1:", ":1:100000:65536:"),
                        List.of(":0:" + group + ":1:", ":1:100000:65536:")));
    }

    @Test
    void moreThanTheProgramCanMapIsRefused() {
        assertThrows(UsageException.class, () -> command(List.of(":0:100000:10:", ":10:200000:10:"), List.of()));
        assertThrows(
                UsageException.class, () -> command(List.of(), List.of(":0:" + group + ":1:", ":1:" + group + ":1:")));
    }
}
