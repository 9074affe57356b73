package org.vhostdevice.core.frontend;

import java.util.random.RandomGenerator;

/// How the bytes of a block request are cut into descriptors. Devices must not care (VIRTIO 1.4, 2.7.4).
///
/// A request is two streams of bytes: the readable one is header and data to write, the writable one is data read and
/// status.
@FunctionalInterface
public interface BlkFraming {
    /// Bytes of a request's header.
    int HEADER = 16;

    /// Header, data and status have a descriptor each, as drivers do it.
    BlkFraming SEPARATE = (stream, position, total) -> switch (stream) {
        case READABLE -> position == 0 ? HEADER : total - position;
        case WRITABLE -> position < total - 1 ? total - 1 - position : 1;
    };

    /// All readable bytes have one descriptor, all writable ones another.
    BlkFraming JOINED = (stream, position, total) -> total - position;

    /// The streams of a request.
    enum Stream {
        /// Header and data to write.
        READABLE,
        /// Data read and status.
        WRITABLE
    }

    /// Chooses the length of the next piece.
    ///
    /// @param stream   which stream is cut
    /// @param position bytes cut so far
    /// @param total    bytes of the whole stream
    /// @return bytes of the next piece, `1..total - position`
    int next(Stream stream, int position, int total);

    /// Pieces of the same length, but for the last one.
    ///
    /// @param length bytes, at least 1
    /// @return the framing
    static BlkFraming every(int length) {
        return (stream, position, total) -> Math.min(length, total - position);
    }

    /// Pieces of random length.
    ///
    /// @param random  where the lengths come from
    /// @param longest bytes, at least 1
    /// @return the framing
    static BlkFraming random(RandomGenerator random, int longest) {
        return (stream, position, total) -> random.nextInt(1, Math.min(longest, total - position) + 1);
    }
}
