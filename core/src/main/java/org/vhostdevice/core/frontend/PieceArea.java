package org.vhostdevice.core.frontend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A part of guest memory in which a stream of bytes lies in pieces, with guard bytes between them that nobody may
/// change.
final class PieceArea {
    private static final byte GUARD = (byte) 0xa5;

    private final long address;
    private final MemorySegment memory;
    private final int[] starts;
    private final int[] lengths;
    private int count;
    private int end;

    /// @param address   guest address
    /// @param memory    what is there
    /// @param maxPieces most pieces of a stream
    PieceArea(long address, MemorySegment memory, int maxPieces) {
        this.address = address;
        this.memory = memory;
        starts = new int[maxPieces];
        lengths = new int[maxPieces];
    }

    /// Removes all pieces.
    ///
    /// @param first where the first piece will start
    void clear(int first) {
        memory.asSlice(0, Math.max(end, first)).fill(GUARD);
        count = 0;
        end = first;
    }

    /// Adds a piece behind a gap.
    ///
    /// @return its guest address
    /// @throws IllegalArgumentException if there is no room
    long add(int length, int gap) {
        int start = count == 0 ? end : end + gap;
        if (count == starts.length || start + length + gap > memory.byteSize()) {
            throw new IllegalArgumentException("no room for piece " + count + " of " + length + " bytes");
        }
        memory.asSlice(end, start - end).fill(GUARD);
        memory.asSlice(start + length, gap).fill(GUARD);
        starts[count] = start;
        lengths[count] = length;
        count++;
        end = start + length;
        return address + start;
    }

    /// Copies the stream's bytes from `position` on into the pieces.
    void write(int position, MemorySegment from) {
        transfer(position, from, true);
    }

    /// Copies the stream's bytes from `position` on out of the pieces.
    void read(int position, MemorySegment into) {
        transfer(position, into, false);
    }

    private void transfer(int position, MemorySegment other, boolean in) {
        long at = 0;
        int skip = position;
        for (int i = 0; i < count && at < other.byteSize(); i++) {
            if (skip >= lengths[i]) {
                skip -= lengths[i];
                continue;
            }
            MemorySegment piece = memory.asSlice(starts[i] + skip, lengths[i] - skip);
            long n = Math.min(piece.byteSize(), other.byteSize() - at);
            if (in) {
                MemorySegment.copy(other, at, piece, 0, n);
            } else {
                MemorySegment.copy(piece, 0, other, at, n);
            }
            at += n;
            skip = 0;
        }
    }

    /// Sets all bytes of the stream.
    void fill(byte value) {
        for (int i = 0; i < count; i++) {
            memory.asSlice(starts[i], lengths[i]).fill(value);
        }
    }

    /// Whether the guard bytes in front of the pieces, and those within `gap` behind them, are as they were.
    boolean guardsIntact(int gap) {
        int from = 0;
        for (int i = 0; i < count; i++) {
            if (!guards(from, starts[i])) {
                return false;
            }
            from = starts[i] + lengths[i];
        }
        return guards(from, from + gap);
    }

    private boolean guards(int from, int to) {
        for (int i = from; i < to; i++) {
            if (memory.get(ValueLayout.JAVA_BYTE, i) != GUARD) {
                return false;
            }
        }
        return true;
    }
}
