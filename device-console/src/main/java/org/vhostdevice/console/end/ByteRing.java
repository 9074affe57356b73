package org.vhostdevice.console.end;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoVecs;

/// The newest bytes of a stream, up to a limit. A byte is known by its position in the stream. Worker's thread.
public final class ByteRing {
    private final int capacity;
    private @Nullable MemorySegment memory; // none before the first byte
    private long first;
    private long last;

    /// Makes an empty ring; memory is taken when there is something to keep.
    ///
    /// @param capacity the most bytes, more than 0
    public ByteRing(int capacity) {
        this.capacity = capacity;
    }

    /// {@return the position of the oldest byte that is there}
    public long first() {
        return first;
    }

    /// {@return the position of the byte that comes next}
    public long last() {
        return last;
    }

    /// {@return how many bytes are there}
    public long length() {
        return last - first;
    }

    /// {@return how many bytes there is room for before the oldest are lost}
    public long free() {
        return capacity - length();
    }

    /// Adds bytes.
    ///
    /// @param from where they are
    /// @param position of the first one there
    /// @param bytes how many
    /// @return how many of the oldest bytes, those of the ring or new ones, are lost for them
    public long add(Output from, long position, long bytes) {
        long kept = Math.min(bytes, capacity);
        long lost = Math.max(0, length() + bytes - capacity);
        long at = last + bytes - kept;
        long done = 0;
        while (done < kept) {
            long offset = (at + done) % capacity;
            long some = Math.min(kept - done, capacity - offset);
            from.copy(position + bytes - kept + done, memory().asSlice(offset, some), some);
            done += some;
        }
        last += bytes;
        first = Math.max(first, last - capacity);
        return lost;
    }

    /// Adds a byte.
    ///
    /// @param value of it
    /// @return how many bytes are lost for it, 0 or 1
    public int add(byte value) {
        memory().set(ValueLayout.JAVA_BYTE, last % capacity, value);
        last++;
        int lost = length() > capacity ? 1 : 0;
        first += lost;
        return lost;
    }

    /// Forgets all bytes in front of a position.
    ///
    /// @param position from the first byte to the last
    public void forget(long position) {
        first = position;
    }

    /// Adds where bytes lie to an array with room for two entries.
    ///
    /// @param position of the first one
    /// @param into the array
    public void gather(long position, IoVecs into) {
        long at = position;
        while (at < last) {
            long offset = at % capacity;
            long some = Math.min(last - at, capacity - offset);
            boolean _ = into.add(memory().address() + offset, some);
            at += some;
        }
    }

    /// Copies bytes.
    ///
    /// @param position of the first one
    /// @param into where they go, from its first byte
    /// @param bytes how many
    public void copy(long position, MemorySegment into, long bytes) {
        long done = 0;
        while (done < bytes) {
            long offset = (position + done) % capacity;
            long some = Math.min(bytes - done, capacity - offset);
            MemorySegment.copy(memory(), offset, into, done, some);
            done += some;
        }
    }

    private MemorySegment memory() {
        MemorySegment there = memory;
        if (there == null) {
            there = Arena.ofAuto().allocate(capacity);
            memory = there;
        }
        return there;
    }
}
