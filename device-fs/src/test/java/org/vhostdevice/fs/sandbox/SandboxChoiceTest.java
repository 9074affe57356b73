package org.vhostdevice.fs.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.device.UsageException;

/// What hosts and users get.
class SandboxChoiceTest {
    private static SandboxOptions options(@Nullable SandboxMode mode, boolean capabilities, boolean maps) {
        List<NamespaceMap> users = maps ? List.of(new NamespaceMap(0, 1000, 1)) : List.of();
        ModifiedCapabilities kept = capabilities ? ModifiedCapabilities.DEFAULT : null;
        return new SandboxOptions(mode, null, kept, users, List.of(), OptionalLong.empty());
    }

    @ParameterizedTest(name = "Linux {0}, root {1}, {2}, --modcaps {3}, --uid-map {4}: {5}")
    @CsvSource({
        "true, true, , false, false, NAMESPACE",
        "true, true, NAMESPACE, false, false, NAMESPACE",
        "true, true, CHROOT, true, false, CHROOT",
        "true, true, NONE, true, false, NONE",
        "true, true, LANDLOCK, true, false, LANDLOCK",
        "true, false, LANDLOCK, false, false, LANDLOCK",
        "true, false, , false, false, NONE",
        "true, false, , false, true, NAMESPACE",
        "true, false, NAMESPACE, true, true, NAMESPACE",
        "true, false, NONE, false, false, NONE",
        "false, true, , false, false, NONE",
        "false, true, CHROOT, false, false, CHROOT",
        "false, false, NONE, false, false, NONE"
    })
    void bestOfThisHostAndUserIsTaken(
            boolean linux,
            boolean root,
            @Nullable SandboxMode asked,
            boolean capabilities,
            boolean maps,
            SandboxMode mode)
            throws UsageException {
        assertEquals(mode, SandboxChoice.of(options(asked, capabilities, maps), linux, root));
    }

    @ParameterizedTest(name = "Linux {0}, root {1}, {2}, --modcaps {3}, --uid-map {4}")
    @CsvSource({
        "true, true, , false, true",
        "true, true, NAMESPACE, false, true",
        "true, false, CHROOT, false, false",
        "true, false, NONE, true, false",
        "true, false, LANDLOCK, true, false",
        "true, false, , true, false",
        "false, true, NAMESPACE, false, false",
        "false, true, , false, true",
        "false, true, CHROOT, true, false",
        "false, false, , false, true",
        "false, false, CHROOT, false, false"
    })
    void whatIsAskedForAndImpossibleIsRefused(
            boolean linux, boolean root, @Nullable SandboxMode asked, boolean capabilities, boolean maps) {
        SandboxOptions options = options(asked, capabilities, maps);
        assertThrows(UsageException.class, () -> SandboxChoice.of(options, linux, root));
    }
}
