package org.vhostdevice.blk;

import java.nio.file.Path;

/// Where the bytes of a disk come from.
sealed interface Medium {
    /// A file or a disk of the host.
    ///
    /// @param path where it is
    /// @param createBytes the size of an image to make; 0 to open what is there
    record File(Path path, long createBytes) implements Medium {
        /// Checks that the size is one.
        ///
        /// @throws IllegalArgumentException with a message for the person who typed the options
        public File {
            if (createBytes < 0) {
                throw new IllegalArgumentException("the size of an image cannot be negative");
            }
        }
    }

    /// Memory of this process.
    ///
    /// @param bytes how much
    record Memory(long bytes) implements Medium {}

    /// None at all, for measurements.
    ///
    /// @param bytes the size
    record None(long bytes) implements Medium {}
}
