package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The sequences of a frame's blocks: what is copied from literals and from what was decoded before (RFC 8878,
/// 3.1.1.3.2 and 3.1.1.4). Tables and offsets are remembered from block to block.
final class ZstdSequences {
    private static final int MAX_LENGTH_LOG = 9;
    private static final int MAX_OFFSET_LOG = 8;

    private static final int[] LITERAL_BASES = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512,
        1024, 2048, 4096, 8192, 16_384, 32_768, 65_536
    };
    private static final int[] LITERAL_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16
    };
    private static final int[] MATCH_BASES = {
        3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
        33, 34, 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16_387, 32_771,
        65_539
    };
    private static final int[] MATCH_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2,
        2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    };
    private static final int MAX_OFFSET_CODE = 31;

    private static final int[] LITERAL_COUNTS = {
        4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1
    };
    private static final int[] MATCH_COUNTS = {
        1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1
    };
    private static final int[] OFFSET_COUNTS = {
        1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1
    };

    private final int[] recent = {1, 4, 8};
    private @Nullable ZstdFse literals;
    private @Nullable ZstdFse offsets;
    private @Nullable ZstdFse matches;
    private int at;

    /// Decodes the sequences of a block.
    ///
    /// @param block its bytes
    /// @param start of the sequences
    /// @param end of the block
    /// @param from literals of the block
    /// @param out where the block goes
    void decode(byte[] block, int start, int end, byte[] from, ZstdOutput out) throws IOException {
        at = start;
        int count = readCount(block);
        int used = 0;
        if (count > 0) {
            int modes = block[at++];
            require((modes & 3) == 0);
            ZstdFse l = table(modes >> 6 & 3, block, end, Kind.LITERAL);
            ZstdFse o = table(modes >> 4 & 3, block, end, Kind.OFFSET);
            ZstdFse m = table(modes >> 2 & 3, block, end, Kind.MATCH);
            literals = l;
            offsets = o;
            matches = m;
            used = run(new ZstdBits(block, at, end), count, from, out);
        } else {
            require(at == end);
        }
        out.append(from, used, from.length - used);
    }

    private int run(ZstdBits bits, int count, byte[] from, ZstdOutput out) throws IOException {
        ZstdFse l = known(literals);
        ZstdFse o = known(offsets);
        ZstdFse m = known(matches);
        int literal = bits.read(l.log());
        int offset = bits.read(o.log());
        int match = bits.read(m.log());
        int used = 0;
        for (int i = 0; i < count; i++) {
            int offsetCode = o.symbol(offset);
            require(offsetCode < MAX_OFFSET_CODE);
            int distance = (1 << offsetCode) + bits.read(offsetCode);
            int matchCode = m.symbol(match);
            int length = MATCH_BASES[matchCode] + bits.read(MATCH_BITS[matchCode]);
            int literalCode = l.symbol(literal);
            int literalLength = LITERAL_BASES[literalCode] + bits.read(LITERAL_BITS[literalCode]);
            if (i + 1 < count) {
                literal = l.next(literal, bits);
                match = m.next(match, bits);
                offset = o.next(offset, bits);
            }
            require(bits.left() >= 0 && literalLength <= from.length - used);
            out.append(from, used, literalLength);
            used += literalLength;
            out.repeat(distance(distance, literalLength), length);
        }
        require(bits.left() == 0);
        return used;
    }

    /// The distance that a value stands for: one of the last three, or a new one (3.1.1.5).
    private int distance(int value, int literalLength) throws IOException {
        int which = value > 3 ? 3 : value - (literalLength == 0 ? 0 : 1);
        int found = value > 3 ? value - 3 : which < 3 ? recent[which] : recent[0] - 1;
        require(found > 0);
        if (which >= 2) {
            recent[2] = recent[1];
        }
        if (which >= 1) {
            recent[1] = recent[0];
        }
        recent[0] = found;
        return found;
    }

    private int readCount(byte[] block) {
        int first = Byte.toUnsignedInt(block[at++]);
        if (first < 128) {
            return first;
        }
        int second = Byte.toUnsignedInt(block[at++]);
        if (first < 255) {
            return ((first - 128) << 8) + second;
        }
        return second + (Byte.toUnsignedInt(block[at++]) << 8) + 0x7f00;
    }

    private enum Kind {
        LITERAL,
        OFFSET,
        MATCH;

        int symbols() {
            return switch (this) {
                case LITERAL -> LITERAL_BASES.length;
                case OFFSET -> MAX_OFFSET_CODE + 1;
                case MATCH -> MATCH_BASES.length;
            };
        }

        ZstdFse predefined() throws IOException {
            return switch (this) {
                case LITERAL -> ZstdFse.of(6, LITERAL_COUNTS);
                case OFFSET -> ZstdFse.of(5, OFFSET_COUNTS);
                case MATCH -> ZstdFse.of(6, MATCH_COUNTS);
            };
        }
    }

    private ZstdFse table(int mode, byte[] block, int end, Kind kind) throws IOException {
        return switch (mode) {
            case 0 -> kind.predefined();
            case 1 -> {
                byte symbol = block[at++];
                require(Byte.toUnsignedInt(symbol) < kind.symbols());
                yield ZstdFse.single(symbol);
            }
            case 2 -> {
                int maxLog = kind == Kind.OFFSET ? MAX_OFFSET_LOG : MAX_LENGTH_LOG;
                ZstdFse.Read read = ZstdFse.read(block, at, end, maxLog, kind.symbols() - 1);
                at = read.end();
                yield read.table();
            }
            default ->
                known(
                        switch (kind) {
                            case LITERAL -> literals;
                            case OFFSET -> offsets;
                            case MATCH -> matches;
                        });
        };
    }

    private static ZstdFse known(@Nullable ZstdFse table) throws IOException {
        if (table == null) {
            throw new IOException("a zstd block repeats a table that was never there");
        }
        return table;
    }

    private static void require(boolean met) throws IOException {
        if (!met) {
            throw new IOException("a zstd block is malformed");
        }
    }
}
