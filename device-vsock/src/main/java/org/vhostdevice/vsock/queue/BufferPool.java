package org.vhostdevice.vsock.queue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Pieces of memory for bytes that somebody does not take at once, of all connections of a guest together: made
/// when they are needed, used again, and never more than a limit. One thread.
final class BufferPool {
    /// Bytes of a piece.
    static final int PIECE_BYTES = 16 << 10;

    private final long limit;
    private long made;
    private long used;
    private @Nullable Piece free;

    /// One piece. Whoever has it may use the fields.
    static final class Piece {
        final MemorySegment bytes = Arena.ofAuto().allocate(PIECE_BYTES, Long.BYTES);

        @Nullable
        Piece next;
        /// Where the bytes begin that are in use, and where they end.
        int start;

        int end;

        private Piece() {}
    }

    /// @param limit bytes of all pieces at most
    BufferPool(long limit) {
        this.limit = limit;
    }

    /// An empty piece; null if there are too many.
    @Nullable
    Piece take() {
        Piece piece = free;
        if (piece != null) {
            free = piece.next;
            piece.next = null;
            piece.start = 0;
            piece.end = 0;
        } else if (made + PIECE_BYTES <= limit) {
            made += PIECE_BYTES;
            piece = new Piece();
        }
        used += piece == null ? 0 : PIECE_BYTES;
        return piece;
    }

    /// Gives a piece back.
    void give(Piece piece) {
        used -= PIECE_BYTES;
        piece.next = free;
        free = piece;
    }

    /// Bytes of the pieces that somebody has.
    long used() {
        return used;
    }
}
