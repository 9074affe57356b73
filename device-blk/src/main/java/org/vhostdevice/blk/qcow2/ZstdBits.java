package org.vhostdevice.blk.qcow2;

import java.io.IOException;

/// Bits of a stream that is read from its end to its start (RFC 8878, 4.1 and 4.2). What lies before the start reads
/// as zeros, and [#left] is negative then.
final class ZstdBits {
    private final byte[] bytes;
    private final int start;
    private final int end;
    private int left;

    /// The bits of a range, whose last byte ends with a mark.
    ZstdBits(byte[] bytes, int start, int end) throws IOException {
        if (start < 0 || start >= end || end > bytes.length || bytes[end - 1] == 0) {
            throw new IOException("a zstd bitstream has no end");
        }
        this.bytes = bytes;
        this.start = start;
        this.end = end;
        int marked = Integer.numberOfLeadingZeros(Byte.toUnsignedInt(bytes[end - 1])) - 24 + 1;
        this.left = (end - start) * 8 - marked;
    }

    /// Bits that have not been read.
    int left() {
        return left;
    }

    /// Reads bits, at most 32.
    int read(int count) {
        int value = peek(count);
        left -= count;
        return value;
    }

    void skip(int count) {
        left -= count;
    }

    /// The next bits, at most 32.
    int peek(int count) {
        int at = left - count;
        if (at >= 0) {
            return bits(at, count);
        }
        return left <= 0 ? 0 : bits(0, left) << -at;
    }

    private int bits(int at, int count) {
        int first = start + (at >>> 3);
        long value = 0;
        for (int i = 0; i < 5 && first + i < end; i++) {
            value |= Byte.toUnsignedLong(bytes[first + i]) << (8 * i);
        }
        return (int) (value >>> (at & 7) & ((1L << count) - 1));
    }
}
