package org.vhostdevice.fs;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.fs.sandbox.ModifiedCapabilities;
import org.vhostdevice.fs.sandbox.NamespaceMap;
import org.vhostdevice.fs.sandbox.SandboxMode;
import org.vhostdevice.fs.sandbox.SandboxOptions;
import org.vhostdevice.fs.sandbox.SeccompAction;
import picocli.CommandLine.Option;

/// The options that confine the process.
final class FsSandboxArgs {
    @Option(
            names = "--sandbox",
            paramLabel = "MODE",
            description = "How the process is confined to the directory: namespace, chroot, landlock or none (default:"
                    + " namespace for root on Linux, none otherwise).")
    @Nullable
    SandboxMode sandbox;

    @Option(
            names = "--seccomp",
            paramLabel = "ACTION",
            description = "What becomes of system calls that a file server has no use for, on Linux: kill (the process"
                    + " ends), log, trap (SIGSYS) or none (they are done) (default: kill).")
    private @Nullable SeccompAction seccomp;

    @Option(
            names = "--modcaps",
            paramLabel = "CHANGES",
            description =
                    "Which capabilities root keeps beyond (+) or less than (-) chown, dac_override, fowner, fsetid,"
                            + " setgid, setuid, mknod and setfcap: such as +sys_admin:-mknod.")
    private @Nullable String capabilities;

    @Option(
            names = "--uid-map",
            paramLabel = ":INSIDE:OUTSIDE:COUNT:",
            description = "Run as users of a user namespace: these numbers inside are those of the host. Repeatable.")
    private List<String> userMaps = List.of();

    @Option(
            names = "--gid-map",
            paramLabel = ":INSIDE:OUTSIDE:COUNT:",
            description = "As --uid-map, for groups. Repeatable.")
    private List<String> groupMaps = List.of();

    @Option(
            names = "--rlimit-nofile",
            paramLabel = "N",
            description = "How many files the process may have open; 0 leaves that as it is (default: 1000000, or as"
                    + " many as the host allows).")
    private @Nullable Long maxOpenFiles;

    /// What the options say.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed them
    SandboxOptions options() {
        return new SandboxOptions(
                sandbox,
                seccomp,
                capabilities(),
                maps("--uid-map", userMaps),
                maps("--gid-map", groupMaps),
                maxOpenFiles == null ? OptionalLong.empty() : OptionalLong.of(maxOpenFiles));
    }

    private @Nullable ModifiedCapabilities capabilities() {
        try {
            return capabilities == null ? null : ModifiedCapabilities.parse(capabilities);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--modcaps: " + e.getMessage(), e);
        }
    }

    private static List<NamespaceMap> maps(String option, List<String> texts) {
        try {
            return texts.stream().map(NamespaceMap::parse).toList();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
        }
    }
}
