package org.vhostdevice.core.virtqueue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.memory.IoVecs;

/// The readable or the writable part of a chain: pieces of guest memory, read and written by position as if they
/// were one. How the driver cut them says nothing (VIRTIO 1.4, 2.7.4.1).
///
/// The bytes belong to the guest, which may change them at any time: copy, then check, then use. Used by the ring's
/// worker only, until the chain is completed. Positions and lengths are checked against [#length]; exceeding it is a
/// device's bug and throws [IndexOutOfBoundsException].
public final class GuestBuffers implements IoBuffers {
    private static final int SMALL = 8;
    private static final GuestMemory NOWHERE = GuestMemory.empty();

    // Regions are kept by number: storing references costs the walk of a short chain a fifth of its time.
    private GuestMemory memory = NOWHERE;
    private int[] regions = new int[SMALL];
    private long[] offsets = new long[SMALL];
    private long[] ends = new long[SMALL];
    private int count;
    private long length;

    GuestBuffers() {}

    /// {@return bytes in all, 0 to 2^32 - 1}
    @Override
    public long length() {
        return length;
    }

    /// {@return the number of pieces} A descriptor is one piece unless it crosses a region's end.
    public int pieces() {
        return count;
    }

    /// Begins to collect pieces of this memory.
    void use(GuestMemory snapshot) {
        if (memory != snapshot) {
            memory = snapshot;
        }
    }

    /// Adds a piece.
    ///
    /// @param region its number in the snapshot
    void add(int region, long offset, long bytes) {
        if (count == offsets.length) {
            int larger = count * 2;
            regions = Arrays.copyOf(regions, larger);
            offsets = Arrays.copyOf(offsets, larger);
            ends = Arrays.copyOf(ends, larger);
        }
        regions[count] = region;
        offsets[count] = offset;
        length += bytes;
        ends[count] = length;
        count++;
    }

    /// Forgets the pieces, and the room for them if there were very many.
    void clear() {
        if (count > 16 * SMALL) {
            regions = new int[SMALL];
            offsets = new long[SMALL];
            ends = new long[SMALL];
        }
        count = 0;
        length = 0;
    }

    @Override
    public void read(long position, MemorySegment into, long bytes) {
        Objects.checkFromIndexSize(position, bytes, length);
        long done = 0;
        for (int piece = find(position); done < bytes; piece++) {
            long skip = position + done - start(piece);
            long part = Math.min(bytes - done, ends[piece] - position - done);
            MemorySegment.copy(segment(piece), offsets[piece] + skip, into, done, part);
            done += part;
        }
    }

    @Override
    public void write(long position, MemorySegment from, long bytes) {
        Objects.checkFromIndexSize(position, bytes, length);
        long done = 0;
        for (int piece = find(position); done < bytes; piece++) {
            long skip = position + done - start(piece);
            long part = Math.min(bytes - done, ends[piece] - position - done);
            MemorySegment.copy(from, done, segment(piece), offsets[piece] + skip, part);
            done += part;
        }
    }

    /// {@return whether bytes are all zero, when they are looked at}
    ///
    /// @param position of the first byte
    /// @param bytes how many
    public boolean isZero(long position, long bytes) {
        Objects.checkFromIndexSize(position, bytes, length);
        long done = 0;
        for (int piece = find(position); done < bytes; piece++) {
            long skip = position + done - start(piece);
            long part = Math.min(bytes - done, ends[piece] - position - done);
            long from = offsets[piece] + skip;
            if (!SharedReads.isZero(segment(piece), from, from + part)) {
                return false;
            }
            done += part;
        }
        return true;
    }

    /// Writes one byte.
    ///
    /// @param position of the byte
    /// @param value its low eight bits are written
    public void writeByte(long position, int value) {
        Objects.checkIndex(position, length);
        int piece = find(position);
        segment(piece).set(ValueLayout.JAVA_BYTE, offsets[piece] + position - start(piece), (byte) value);
    }

    @Override
    public void zero(long position, long bytes) {
        Objects.checkFromIndexSize(position, bytes, length);
        long done = 0;
        for (int piece = find(position); done < bytes; piece++) {
            long skip = position + done - start(piece);
            long part = Math.min(bytes - done, ends[piece] - position - done);
            var _ = segment(piece).asSlice(offsets[piece] + skip, part).fill((byte) 0);
            done += part;
        }
    }

    @Override
    public long addTo(IoVecs into, long position, long bytes) {
        Objects.checkFromIndexSize(position, bytes, length);
        long done = 0;
        for (int piece = find(position); done < bytes; piece++) {
            long skip = position + done - start(piece);
            long part = Math.min(bytes - done, ends[piece] - position - done);
            if (!into.add(segment(piece).address() + offsets[piece] + skip, part)) {
                break;
            }
            done += part;
        }
        return done;
    }

    /// Marks all pieces as written.
    void mark(RingLog log) {
        for (int piece = 0; piece < count; piece++) {
            log.range(memory.start(regions[piece]) + offsets[piece], ends[piece] - start(piece));
        }
    }

    private MemorySegment segment(int piece) {
        return memory.segment(regions[piece]);
    }

    private long start(int piece) {
        return piece == 0 ? 0 : ends[piece - 1];
    }

    /// The piece with a position; the first piece beyond the end if there is none.
    private int find(long position) {
        int piece = 0;
        if (count > SMALL) {
            int found = Arrays.binarySearch(ends, 0, count, position);
            return found >= 0 ? found + 1 : -found - 1;
        }
        while (piece < count && ends[piece] <= position) {
            piece++;
        }
        return piece;
    }
}
