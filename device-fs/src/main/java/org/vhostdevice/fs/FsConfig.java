package org.vhostdevice.fs;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.passthrough.PassthroughOptions;
import org.vhostdevice.fs.sandbox.SandboxOptions;

/// What a file system device is like: the options after their checks.
///
/// @param tag the name by which the guest mounts it, 1 to [#TAG_BYTES] bytes of UTF-8; null if the front end has
///     it
/// @param requestQueues 1 to [#MAX_REQUEST_QUEUES]
/// @param threads of each queue beside its own, which may wait for the host, up to [#MAX_THREADS]; 0 for as many
///     as are useful
/// @param fuse what the guest may do
/// @param passthrough which directory is shown, and how
/// @param sandbox how the process is confined
record FsConfig(
        @Nullable String tag,
        int requestQueues,
        int threads,
        FuseOptions fuse,
        PassthroughOptions passthrough,
        SandboxOptions sandbox) {
    /// The longest tag.
    static final int TAG_BYTES = 36;

    /// The most request queues.
    static final int MAX_REQUEST_QUEUES = 64;

    /// The most threads of a queue.
    static final int MAX_THREADS = 256;

    /// Checks each option and what must agree.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed the options
    FsConfig {
        checkTag(tag);
        checkRange("--num-request-queues", requestQueues, 1, MAX_REQUEST_QUEUES);
        checkRange("--thread-pool-size", threads, 0, MAX_THREADS);
    }

    private static void checkTag(@Nullable String tag) {
        if (tag == null) {
            return;
        }
        int bytes = tag.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > TAG_BYTES) {
            throw new IllegalArgumentException("--tag must have 1 to " + TAG_BYTES + " bytes, not " + bytes);
        }
    }

    private static void checkRange(String option, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new IllegalArgumentException(option + " must be " + lowest + " to " + highest + ", not " + value);
        }
    }
}
