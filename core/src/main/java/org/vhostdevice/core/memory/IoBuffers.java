package org.vhostdevice.core.memory;

import java.lang.foreign.MemorySegment;

/// Memory that bytes are transferred to or from: pieces addressed by position as if they were one.
///
/// The bytes may change at any time, and may vanish: copy, then check, then use. Positions and lengths are checked
/// against [#length]; exceeding it throws [IndexOutOfBoundsException].
public interface IoBuffers {
    /// {@return bytes in all}
    long length();

    /// Copies bytes out.
    ///
    /// @param position of the first byte
    /// @param into where they go, from its first byte
    /// @param bytes how many
    void read(long position, MemorySegment into, long bytes);

    /// Copies bytes in.
    ///
    /// @param position of the first byte
    /// @param from where they come from, from its first byte
    /// @param bytes how many
    void write(long position, MemorySegment from, long bytes);

    /// Sets bytes to zero.
    ///
    /// @param position of the first byte
    /// @param bytes how many
    void zero(long position, long bytes);

    /// Adds a range to an array for vectored I/O, as far as there is room.
    ///
    /// @param into the array
    /// @param position of the first byte
    /// @param bytes how many
    /// @return the bytes added, fewer than asked if the array is full
    long addTo(IoVecs into, long position, long bytes);
}
