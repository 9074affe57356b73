package org.vhostdevice.blk;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.nbd.NbdUri;

/// Where the bytes of a disk come from.
sealed interface Medium {
    /// A file or a disk of the host.
    ///
    /// @param path where it is
    /// @param createBytes the size of an image to make; 0 to open what is there
    /// @param backing the name of the image that a new one is based on; null for none
    record File(Path path, long createBytes, @Nullable String backing) implements Medium {
        /// Checks that the size is one.
        ///
        /// @throws IllegalArgumentException with a message for the person who typed the options
        public File {
            if (createBytes < 0) {
                throw new IllegalArgumentException("the size of an image cannot be negative");
            }
            if (backing != null && createBytes == 0) {
                throw new IllegalArgumentException("--backing is for a new image: it needs --create SIZE");
            }
        }

        /// A file as it is, or a new one without a backing file.
        ///
        /// @param path where it is
        /// @param createBytes the size of an image to make; 0 to open what is there
        public File(Path path, long createBytes) {
            this(path, createBytes, null);
        }
    }

    /// An export of an NBD server.
    ///
    /// @param uri where it is
    record Nbd(NbdUri uri) implements Medium {}

    /// Memory of this process.
    ///
    /// @param bytes how much
    record Memory(long bytes) implements Medium {}

    /// None at all, for measurements.
    ///
    /// @param bytes the size
    record None(long bytes) implements Medium {}
}
