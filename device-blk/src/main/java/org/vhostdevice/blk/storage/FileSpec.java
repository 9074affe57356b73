package org.vhostdevice.blk.storage;

import java.nio.file.Path;

/// Which file or disk of the host to use, and how.
///
/// @param path a regular file or a disk
/// @param readOnly whether it is only read
/// @param createBytes the size of a file to make; 0 to open what is there
/// @param direct whether to go past the host's page cache
/// @param locked whether to lock it against others
/// @param flushed whether to make durable what was written, when asked to
public record FileSpec(Path path, boolean readOnly, long createBytes, boolean direct, boolean locked, boolean flushed) {
    /// Checks that the parts agree.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed the options
    public FileSpec {
        if (createBytes < 0) {
            throw new IllegalArgumentException("the size of an image cannot be negative");
        }
        if (readOnly && createBytes > 0) {
            throw new IllegalArgumentException("--create makes an image to write to: leave out --read-only");
        }
    }

    /// A file as it is, through the page cache, locked.
    ///
    /// @param path a regular file or a disk
    /// @param readOnly whether it is only read
    public FileSpec(Path path, boolean readOnly) {
        this(path, readOnly, 0, false, true, true);
    }
}
