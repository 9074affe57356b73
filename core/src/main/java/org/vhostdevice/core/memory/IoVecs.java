package org.vhostdevice.core.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A reusable native array of `struct iovec`, the argument of `preadv` and `pwritev`. Used by one thread.
public final class IoVecs {
    /// The most entries one call takes (`IOV_MAX` on Linux, macOS and FreeBSD).
    public static final int CAPACITY = 1024;

    private static final long ENTRY_BYTES = 16;
    private static final long LENGTH_OFFSET = 8;

    private final MemorySegment entries = Arena.ofAuto().allocate(CAPACITY * ENTRY_BYTES, ENTRY_BYTES);
    private int count;
    private long total;

    /// Makes an empty array.
    public IoVecs() {}

    /// Forgets all entries.
    public void clear() {
        count = 0;
        total = 0;
    }

    /// Adds a range of memory, unless the array is full.
    ///
    /// @param address of the first byte in this process; must stay mapped while the entries are used
    /// @param length in bytes
    /// @return false if the array is full
    public boolean add(long address, long length) {
        if (count == CAPACITY) {
            return false;
        }
        long entry = count * ENTRY_BYTES;
        entries.set(ValueLayout.JAVA_LONG, entry, address);
        entries.set(ValueLayout.JAVA_LONG, entry + LENGTH_OFFSET, length);
        count++;
        total += length;
        return true;
    }

    /// {@return the entries, as the kernel reads them}
    public MemorySegment segment() {
        return entries;
    }

    /// {@return the number of entries, 0 to [#CAPACITY]}
    public int count() {
        return count;
    }

    /// {@return the sum of all lengths in bytes}
    public long total() {
        return total;
    }
}
