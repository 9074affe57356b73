package org.vhostdevice.core.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A reusable native array of `struct iovec`, the argument of `preadv` and `pwritev` and, in parts, of `io_uring`
/// requests. Used by one thread.
public final class IoVecs {
    /// The most entries one call takes (`IOV_MAX` on Linux, macOS and FreeBSD).
    public static final int CAPACITY = 1024;

    private static final long ENTRY_BYTES = 16;
    private static final long LENGTH_OFFSET = 8;

    private final MemorySegment entries;
    private final int capacity;
    private int count;
    private long total;
    private long bits;

    /// Makes an empty array for one call.
    public IoVecs() {
        this(CAPACITY);
    }

    /// Makes an empty array.
    ///
    /// @param capacity its entries, more than 0
    public IoVecs(int capacity) {
        this.capacity = capacity;
        this.entries = Arena.ofAuto().allocate(capacity * ENTRY_BYTES, ENTRY_BYTES);
    }

    /// Forgets all entries.
    public void clear() {
        count = 0;
        total = 0;
        bits = 0;
    }

    /// Adds a range of memory, unless the array is full.
    ///
    /// @param address of the first byte in this process; must stay mapped while the entries are used
    /// @param length in bytes
    /// @return false if the array is full
    public boolean add(long address, long length) {
        if (count == capacity) {
            return false;
        }
        long entry = count * ENTRY_BYTES;
        entries.set(ValueLayout.JAVA_LONG, entry, address);
        entries.set(ValueLayout.JAVA_LONG, entry + LENGTH_OFFSET, length);
        count++;
        total += length;
        bits |= address | length;
        return true;
    }

    /// {@return the entries, as the kernel reads them}
    public MemorySegment segment() {
        return entries;
    }

    /// {@return the number of entries, 0 to the capacity}
    public int count() {
        return count;
    }

    /// {@return the sum of all lengths in bytes}
    public long total() {
        return total;
    }

    /// {@return all addresses and lengths since the last [#clear] or-ed together: its low bits tell how they are
    /// aligned}
    public long bits() {
        return bits;
    }

    /// Begins to collect [#bits] anew; the entries stay.
    public void clearBits() {
        bits = 0;
    }

    /// {@return the address of an entry}
    ///
    /// @param index from 0 to [#count]
    public long address(int index) {
        return entries.address() + index * ENTRY_BYTES;
    }

    /// Forgets the entries from one on.
    ///
    /// @param newCount how many stay, 0 to [#count]
    public void truncate(int newCount) {
        for (int i = newCount; i < count; i++) {
            total -= entries.get(ValueLayout.JAVA_LONG, i * ENTRY_BYTES + LENGTH_OFFSET);
        }
        count = newCount;
    }
}
