package org.vhostdevice.blk.qcow2;

import java.io.IOException;

/// A Huffman code of literals (RFC 8878, 4.2).
final class ZstdHuffman {
    private static final int MAX_BITS = 11;
    private static final int MAX_WEIGHT_LOG = 6;

    private final int maxBits;
    private final byte[] symbols;
    private final byte[] lengths;
    private final int end;

    private ZstdHuffman(byte[] weights, int count, int maxBits, int end) {
        this.maxBits = maxBits;
        this.end = end;
        this.symbols = new byte[1 << maxBits];
        this.lengths = new byte[1 << maxBits];
        int at = 0;
        for (int weight = 1; weight <= maxBits; weight++) {
            for (int s = 0; s < count; s++) {
                for (int i = weights[s] == weight ? 1 << (weight - 1) : 0; i > 0; i--) {
                    symbols[at] = (byte) s;
                    lengths[at++] = (byte) (maxBits + 1 - weight);
                }
            }
        }
    }

    /// Where its description ends.
    int end() {
        return end;
    }

    /// Reads a code's description.
    static ZstdHuffman read(byte[] bytes, int start, int end) throws IOException {
        int head = Byte.toUnsignedInt(bytes[start]);
        byte[] weights = new byte[257];
        int count;
        int next;
        if (head < 128) {
            next = start + 1 + head;
            require(next <= end);
            count = readCompressed(bytes, start + 1, next, weights);
        } else {
            count = head - 127;
            next = start + 1 + (count + 1) / 2;
            require(next <= end);
            for (int i = 0; i < count; i++) {
                int pair = bytes[start + 1 + i / 2];
                weights[i] = (byte) (i % 2 == 0 ? pair >> 4 & 15 : pair & 15);
            }
        }
        int sum = 0;
        for (int i = 0; i < count; i++) {
            require(weights[i] <= MAX_BITS);
            sum += weights[i] == 0 ? 0 : 1 << (weights[i] - 1);
        }
        require(sum > 0);
        int maxBits = 32 - Integer.numberOfLeadingZeros(sum);
        int rest = (1 << maxBits) - sum;
        require(maxBits <= MAX_BITS && Integer.bitCount(rest) == 1 && count < 256);
        weights[count] = (byte) (Integer.numberOfTrailingZeros(rest) + 1);
        return new ZstdHuffman(weights, count + 1, maxBits, next);
    }

    private static int readCompressed(byte[] bytes, int start, int end, byte[] weights) throws IOException {
        ZstdFse.Read read = ZstdFse.read(bytes, start, end, MAX_WEIGHT_LOG, MAX_BITS + 1);
        ZstdFse table = read.table();
        var bits = new ZstdBits(bytes, read.end(), end);
        int first = bits.read(table.log());
        int second = bits.read(table.log());
        require(bits.left() >= 0);
        int count = 0;
        while (true) {
            require(count <= 254);
            weights[count++] = (byte) table.symbol(first);
            first = table.next(first, bits);
            if (bits.left() < 0) {
                weights[count++] = (byte) table.symbol(second);
                return count;
            }
            weights[count++] = (byte) table.symbol(second);
            second = table.next(second, bits);
            if (bits.left() < 0) {
                weights[count++] = (byte) table.symbol(first);
                return count;
            }
        }
    }

    /// Decodes a stream.
    void decode(ZstdBits from, byte[] into, int start, int stop) throws IOException {
        for (int i = start; i < stop; i++) {
            int code = from.peek(maxBits);
            into[i] = symbols[code];
            from.skip(lengths[code]);
        }
        require(from.left() == 0);
    }

    private static void require(boolean met) throws IOException {
        if (!met) {
            throw new IOException("a zstd Huffman code is malformed");
        }
    }
}
