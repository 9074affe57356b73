package org.vhostdevice.fs.sandbox;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// How the process is confined.
///
/// @param mode where to; null for the best that this host and user can
/// @param seccomp what becomes of system calls that are of no use; null for the best that this host can
/// @param capabilities that are kept; null for those that a file server needs
/// @param userMaps users in a user namespace; none for a namespace only where one is needed
/// @param groupMaps groups in a user namespace
/// @param maxOpenFiles how many descriptors the process may have; 0 leaves that, empty for as many as are useful
public record SandboxOptions(
        @Nullable SandboxMode mode,
        @Nullable SeccompAction seccomp,
        @Nullable ModifiedCapabilities capabilities,
        List<NamespaceMap> userMaps,
        List<NamespaceMap> groupMaps,
        OptionalLong maxOpenFiles) {
    /// What is done without options.
    public static final SandboxOptions DEFAULT =
            new SandboxOptions(null, null, null, List.of(), List.of(), OptionalLong.empty());

    /// The fewest descriptors that the program can do with.
    public static final int FEWEST_OPEN_FILES = 512;

    /// Checks what must agree.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed the options
    public SandboxOptions {
        userMaps = List.copyOf(userMaps);
        groupMaps = List.copyOf(groupMaps);
        boolean maps = !userMaps.isEmpty() || !groupMaps.isEmpty();
        if (maps && mode != null && mode != SandboxMode.NAMESPACE) {
            throw new IllegalArgumentException("--uid-map and --gid-map need --sandbox namespace");
        }
        long files = maxOpenFiles.orElse(0);
        if (files < 0 || (files > 0 && files < FEWEST_OPEN_FILES)) {
            throw new IllegalArgumentException(
                    "--rlimit-nofile must be 0 or at least " + FEWEST_OPEN_FILES + ", not " + files);
        }
    }
}
