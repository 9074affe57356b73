package org.vhostdevice.blk.backend;

import java.nio.file.Path;

/// Which image to serve and how.
///
/// @param path a regular file or a disk of the host
/// @param readOnly whether the image is only read
/// @param createBytes the size of a file to make; 0 to open what is there
public record ImageSpec(Path path, boolean readOnly, long createBytes) implements MediumSpec {
    /// Checks that the parts agree.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed the options
    public ImageSpec {
        if (createBytes < 0) {
            throw new IllegalArgumentException("the size of an image cannot be negative");
        }
        if (readOnly && createBytes > 0) {
            throw new IllegalArgumentException("--create makes an image to write to: leave out --read-only");
        }
    }
}
