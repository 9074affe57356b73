package org.vhostdevice.core.frontend;

import java.util.Arrays;

/// The pieces of guest memory of one request, readable ones first (VIRTIO 1.4, 2.7.4.2). Reusable; it allocates only
/// when it grows. One thread.
public final class Chain {
    private static final int ROOM = 16;

    private long[] addresses = new long[ROOM];
    private long[] lengths = new long[ROOM];
    private int readable;
    private int count;
    private long writableBytes;

    /// An empty chain.
    public Chain() {}

    /// Removes all pieces.
    public void clear() {
        readable = 0;
        count = 0;
        writableBytes = 0;
    }

    /// Adds a piece that the device reads.
    ///
    /// @param address guest address
    /// @param length  bytes, `0..2^32-1`
    /// @throws IllegalStateException behind a writable piece
    public void readable(long address, long length) {
        if (count != readable) {
            throw new IllegalStateException("readable pieces come first");
        }
        add(address, length);
        readable++;
    }

    /// Adds a piece that the device writes.
    ///
    /// @param address guest address
    /// @param length  bytes, `0..2^32-1`
    public void writable(long address, long length) {
        add(address, length);
        writableBytes += length;
    }

    private void add(long address, long length) {
        if (length < 0 || length > 0xffff_ffffL) {
            throw new IllegalArgumentException("a descriptor of " + length + " bytes");
        }
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        addresses[count] = address;
        lengths[count] = length;
        count++;
    }

    /// {@return the number of pieces}
    public int count() {
        return count;
    }

    /// {@return the bytes of all writable pieces}
    public long writableBytes() {
        return writableBytes;
    }

    long address(int piece) {
        return addresses[piece];
    }

    long length(int piece) {
        return lengths[piece];
    }

    /// The WRITE flag of a piece, or 0.
    int writeFlag(int piece) {
        return piece < readable ? 0 : SplitRing.F_WRITE;
    }
}
