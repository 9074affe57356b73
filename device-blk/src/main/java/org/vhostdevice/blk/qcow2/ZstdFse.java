package org.vhostdevice.blk.qcow2;

import java.io.IOException;

/// A decoding table of finite state entropy codes (RFC 8878, 4.1).
///
/// @param log of its number of states
/// @param symbols of each state
/// @param bits to read for the next state
/// @param bases to which they are added
@SuppressWarnings("ArrayRecordComponent") // never compared
record ZstdFse(int log, byte[] symbols, byte[] bits, short[] bases) {
    /// A table that was read.
    ///
    /// @param table the table
    /// @param end of its description
    record Read(ZstdFse table, int end) {}

    int symbol(int state) {
        return Byte.toUnsignedInt(symbols[state]);
    }

    int next(int state, ZstdBits from) {
        return Short.toUnsignedInt(bases[state]) + from.read(bits[state]);
    }

    /// A table of one state.
    static ZstdFse single(byte symbol) {
        return new ZstdFse(0, new byte[] {symbol}, new byte[1], new short[1]);
    }

    /// Builds the table of a distribution (4.1.1).
    ///
    /// @param log of the number of states
    /// @param counts of states of each symbol; -1 for less than one
    static ZstdFse of(int log, int... counts) throws IOException {
        int size = 1 << log;
        byte[] symbols = new byte[size];
        int[] next = counts.clone();
        int last = size - 1;
        for (int s = 0; s < counts.length; s++) {
            if (counts[s] == -1) {
                symbols[last--] = (byte) s;
                next[s] = 1;
            }
        }
        int step = (size >> 1) + (size >> 3) + 3;
        int at = 0;
        for (int s = 0; s < counts.length; s++) {
            for (int i = 0; i < counts[s]; i++) {
                symbols[at] = (byte) s;
                do {
                    at = (at + step) & (size - 1);
                } while (at > last);
            }
        }
        if (at != 0) {
            throw new IOException("a zstd table does not add up");
        }
        byte[] bits = new byte[size];
        short[] bases = new short[size];
        for (int i = 0; i < size; i++) {
            int n = next[Byte.toUnsignedInt(symbols[i])]++;
            bits[i] = (byte) (log - (31 - Integer.numberOfLeadingZeros(n)));
            bases[i] = (short) ((n << bits[i]) - size);
        }
        return new ZstdFse(log, symbols, bits, bases);
    }

    /// Reads a table's description.
    ///
    /// @param bytes it is in
    /// @param start of it
    /// @param end of what it may use
    /// @param maxLog the largest number of states
    /// @param maxSymbol the largest symbol
    static Read read(byte[] bytes, int start, int end, int maxLog, int maxSymbol) throws IOException {
        var from = new Forward(bytes, start, end);
        int log = from.read(4) + 5;
        if (log > maxLog) {
            throw new IOException("a zstd table has too many states");
        }
        int[] counts = new int[maxSymbol + 1];
        int remaining = (1 << log) + 1;
        int symbol = 0;
        while (remaining > 1) {
            if (symbol > maxSymbol) {
                throw new IOException("a zstd table has too many symbols");
            }
            int count = from.readCount(remaining) - 1;
            remaining -= Math.abs(count);
            counts[symbol++] = count;
            if (count == 0) {
                symbol += from.readZeros();
            }
        }
        if (remaining != 1 || from.consumed() > end) {
            throw new IOException("a zstd table does not add up");
        }
        return new Read(of(log, counts), from.consumed());
    }

    /// Bits from the first to the last.
    private static final class Forward {
        private final byte[] bytes;
        private final int end;
        private long at;

        Forward(byte[] bytes, int start, int end) {
            this.bytes = bytes;
            this.end = end;
            this.at = start * 8L;
        }

        int consumed() {
            return (int) ((at + 7) >>> 3);
        }

        int read(int count) {
            int value = peek(count);
            at += count;
            return value;
        }

        private int peek(int count) {
            long value = 0;
            for (int i = 0; i < 4; i++) {
                int index = (int) (at >>> 3) + i;
                value |= index < end ? Byte.toUnsignedLong(bytes[index]) << (8 * i) : 0;
            }
            return (int) (value >>> (at & 7) & ((1L << count) - 1));
        }

        /// A number from 0 to `remaining`: the lower ones have a bit less.
        int readCount(int remaining) {
            int bits = 32 - Integer.numberOfLeadingZeros(remaining);
            int threshold = 1 << (bits - 1);
            int shorter = 2 * threshold - 1 - remaining;
            int low = peek(bits - 1);
            if (low < shorter) {
                at += bits - 1;
                return low;
            }
            int value = read(bits);
            return value >= threshold ? value - shorter : value;
        }

        /// How many symbols that do not occur follow one.
        int readZeros() {
            int zeros = 0;
            int more;
            do {
                more = read(2);
                zeros += more;
            } while (more == 3 && consumed() <= end);
            return zeros;
        }
    }
}
