package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Decodes zstd frames without a dictionary (RFC 8878), from an array and into one whose length is known. All memory
/// is a Java array: whatever the input says, nothing outside them is touched.
final class ZstdDecoder {
    private static final int MAGIC = 0xfd2fb528;
    private static final int MAX_BLOCK = 128 << 10;

    private final byte[] in;
    private final ZstdOutput out;
    private int at;
    private ZstdSequences sequences = new ZstdSequences();
    private @Nullable ZstdHuffman huffman;

    private ZstdDecoder(byte[] in, byte[] into) {
        this.in = in;
        this.out = new ZstdOutput(into);
    }

    /// Fills an array from frames; what follows them is not looked at.
    ///
    /// @throws IOException if the input is malformed, or decodes to another length
    static void decode(byte[] in, byte[] into) throws IOException {
        var decoder = new ZstdDecoder(in, into);
        try {
            while (!decoder.out.full()) {
                decoder.frame();
            }
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("zstd data ends too early", e);
        }
    }

    private void frame() throws IOException {
        require(number(4) == MAGIC, "does not begin as a frame");
        int descriptor = in[at++];
        require((descriptor & 8) == 0, "has a reserved bit");
        boolean single = (descriptor & 32) != 0;
        at += single ? 0 : 1;
        int dictionary = descriptor & 3;
        require(dictionary == 0 || number(dictionary == 3 ? 4 : dictionary) == 0, "needs a dictionary");
        int contentSize = descriptor >> 6 & 3;
        at += contentSize == 0 ? single ? 1 : 0 : 1 << contentSize;
        sequences = new ZstdSequences();
        huffman = null;
        boolean last;
        do {
            int header = number(3);
            last = (header & 1) != 0;
            block(header >> 1 & 3, header >>> 3);
        } while (!last);
        at += (descriptor & 4) != 0 ? 4 : 0; // the checksum; a cluster has none of its own either
    }

    private void block(int type, int size) throws IOException {
        require(size <= MAX_BLOCK, "has a block that is too large");
        switch (type) {
            case 0 -> {
                out.append(in, at, size);
                at += size;
            }
            case 1 -> out.fill(in[at++], size);
            case 2 -> {
                require(size <= in.length - at, "ends within a block");
                compressed(at, at + size);
                at += size;
            }
            default -> throw new IOException("zstd data has a block of a reserved type");
        }
    }

    private void compressed(int start, int end) throws IOException {
        byte[] block = Arrays.copyOfRange(in, start, end);
        int head = block[0];
        int type = head & 3;
        int format = head >> 2 & 3;
        if (type >= 2) {
            int bits = format == 3 ? 18 : format == 2 ? 14 : 10;
            int bytes = format == 3 ? 5 : format == 2 ? 4 : 3;
            long sizes = little(block, 0, bytes) >>> 4;
            int decoded = (int) (sizes & ((1 << bits) - 1));
            int coded = (int) (sizes >>> bits);
            require(decoded <= MAX_BLOCK && coded <= block.length - bytes, "has too many literals");
            byte[] literals = literals(block, bytes, bytes + coded, new byte[decoded], type == 2, format == 0);
            sequences.decode(block, bytes + coded, block.length, literals, out);
            return;
        }
        int bytes = format == 3 ? 3 : format == 1 ? 2 : 1;
        int decoded = (int) (little(block, 0, bytes) >>> (bytes == 1 ? 3 : 4));
        require(decoded <= MAX_BLOCK, "has too many literals");
        byte[] literals = new byte[decoded];
        if (type == 0) {
            System.arraycopy(block, bytes, literals, 0, decoded);
        } else {
            Arrays.fill(literals, block[bytes]);
        }
        sequences.decode(block, bytes + (type == 0 ? decoded : 1), block.length, literals, out);
    }

    private byte[] literals(byte[] block, int start, int end, byte[] into, boolean own, boolean oneStream)
            throws IOException {
        int from = start;
        if (own) {
            huffman = ZstdHuffman.read(block, start, end);
            from = huffman.end();
        }
        ZstdHuffman code = huffman;
        if (code == null) {
            throw new IOException("a zstd block repeats a code that was never there");
        }
        if (oneStream) {
            code.decode(new ZstdBits(block, from, end), into, 0, into.length);
            return into;
        }
        require(end - from > 6, "has no table of streams");
        int stream = from + 6;
        int part = (into.length + 3) / 4;
        for (int i = 0; i < 4; i++) {
            int next = i < 3 ? stream + (int) little(block, from + 2 * i, 2) : end;
            require(next <= end, "has a stream that is too long");
            int first = Math.min(i * part, into.length);
            code.decode(
                    new ZstdBits(block, stream, next),
                    into,
                    first,
                    i < 3 ? Math.min(first + part, into.length) : into.length);
            stream = next;
        }
        return into;
    }

    private int number(int bytes) {
        int value = (int) little(in, at, bytes);
        at += bytes;
        return value;
    }

    private static long little(byte[] from, int start, int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= Byte.toUnsignedLong(from[start + i]) << (8 * i);
        }
        return value;
    }

    private static void require(boolean met, String otherwise) throws IOException {
        if (!met) {
            throw new IOException("zstd data " + otherwise);
        }
    }
}
