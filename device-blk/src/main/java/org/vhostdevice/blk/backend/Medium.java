package org.vhostdevice.blk.backend;

import java.io.IOException;

/// What a block device serves, open: shared by its queues. Any thread.
public sealed interface Medium extends AutoCloseable permits Image, NullMedium {
    /// Opens a medium.
    ///
    /// @param spec which
    /// @param blockBytes its size must be a multiple of this
    /// @return the medium; the caller closes it
    /// @throws IOException if it cannot be served; the message is one line that says what to do
    static Medium open(MediumSpec spec, int blockBytes) throws IOException {
        return switch (spec) {
            case ImageSpec image -> Image.open(image, blockBytes);
            case NullSpec none -> new NullMedium(none);
        };
    }

    /// {@return the bytes in the medium}
    long size();

    /// {@return whether the medium is only read}
    boolean readOnly();

    /// {@return access to the medium for one queue}
    BlockBackend backend();

    /// Closes the medium. No queue uses it any more.
    @Override
    void close();
}
