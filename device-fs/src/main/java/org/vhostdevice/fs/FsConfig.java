package org.vhostdevice.fs;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.fs.fuse.CachePolicy;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;
import org.vhostdevice.fs.passthrough.PassthroughOptions;

/// What a file system device is like: the options after their checks.
///
/// @param sharedDir the directory that the guest sees
/// @param tag the name by which the guest mounts it, 1 to [#TAG_BYTES] bytes of UTF-8; null if the front end has it
/// @param requestQueues 1 to [#MAX_REQUEST_QUEUES]
/// @param threads of each queue beside its own, which may wait for the host; 0 to [#MAX_THREADS]
/// @param cache how long the guest may use what it knows
/// @param readOnly whether changes are refused
/// @param xattr whether the guest sees extended attributes
record FsConfig(
        Path sharedDir,
        @Nullable String tag,
        int requestQueues,
        int threads,
        CachePolicy cache,
        boolean readOnly,
        boolean xattr) {
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

    /// {@return what the guest may do}
    FuseOptions fuse() {
        Set<Ability> abilities = EnumSet.of(Ability.SUBMOUNTS);
        if (readOnly) {
            abilities.add(Ability.READONLY);
        }
        if (xattr) {
            abilities.add(Ability.XATTR);
        }
        return new FuseOptions(cache, cache == CachePolicy.NEVER ? Readdirplus.NEVER : Readdirplus.AUTO, abilities);
    }

    /// {@return how the directory is shown}
    PassthroughOptions passthrough() {
        PassthroughOptions options = PassthroughOptions.of(sharedDir);
        return xattr ? options.with(PassthroughOptions.Trait.XATTR) : options;
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
