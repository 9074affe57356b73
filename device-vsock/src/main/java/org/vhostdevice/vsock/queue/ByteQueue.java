package org.vhostdevice.vsock.queue;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.vsock.queue.BufferPool.Piece;

/// Bytes that wait, in pieces of a pool. Takes no memory while it is empty. One thread.
final class ByteQueue {
    private final BufferPool pool;
    private @Nullable Piece first;
    private @Nullable Piece last;
    private int size;

    ByteQueue(BufferPool pool) {
        this.pool = pool;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// Adds a copy of bytes at the end.
    ///
    /// @return false if the pool has no more memory; a part may be added
    boolean add(IoBuffers from, long position, long bytes) {
        long done = 0;
        while (done < bytes) {
            Piece piece = last;
            if (piece == null || piece.end == BufferPool.PIECE_BYTES) {
                piece = append();
                if (piece == null) {
                    return false;
                }
            }
            int part = (int) Math.min(bytes - done, BufferPool.PIECE_BYTES - piece.end);
            from.read(position + done, piece.bytes.asSlice(piece.end, part), part);
            piece.end += part;
            size += part;
            done += part;
        }
        return true;
    }

    private @Nullable Piece append() {
        Piece piece = pool.take();
        if (piece != null) {
            if (last == null) {
                first = piece;
            } else {
                last.next = piece;
            }
            last = piece;
        }
        return piece;
    }

    /// Adds the first bytes to an array for vectored I/O, as far as it has room.
    ///
    /// @param bytes how many, at most [#size]
    /// @return how many were added
    int addTo(IoVecs into, int bytes) {
        int done = 0;
        for (Piece piece = first; piece != null && done < bytes; piece = piece.next) {
            int part = Math.min(bytes - done, piece.end - piece.start);
            if (!into.add(piece.bytes.address() + piece.start, part)) {
                break;
            }
            done += part;
        }
        return done;
    }

    /// Copies the first bytes into memory, and drops them.
    ///
    /// @param bytes how many, at most [#size]
    void moveTo(IoBuffers into, long position, int bytes) {
        int done = 0;
        while (done < bytes && first != null) {
            int part = Math.min(bytes - done, first.end - first.start);
            MemorySegment from = first.bytes.asSlice(first.start, part);
            into.write(position + done, from, part);
            drop(part);
            done += part;
        }
    }

    /// Drops the first bytes.
    ///
    /// @param bytes how many, at most [#size]
    void drop(int bytes) {
        int left = bytes;
        size -= bytes;
        for (Piece piece = first; piece != null && left >= piece.end - piece.start; piece = first) {
            left -= piece.end - piece.start;
            first = piece.next;
            if (first == null) {
                last = null;
            }
            pool.give(piece);
        }
        if (first != null) {
            first.start += left;
        }
    }

    /// Drops all bytes.
    void clear() {
        drop(size);
    }
}
