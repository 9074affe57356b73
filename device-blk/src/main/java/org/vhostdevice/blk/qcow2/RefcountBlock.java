package org.vhostdevice.blk.qcow2;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// A block of reference counts. Guarded by the image's lock.
final class RefcountBlock extends CachedTable {
    private final int order;
    private final ByteBuffer bytes;

    RefcountBlock(int index, long offset, int order, byte[] bytes) {
        super(index, offset);
        this.order = order;
        this.bytes = ByteBuffer.wrap(bytes);
    }

    long get(int i) {
        return switch (order) {
            case 3 -> Byte.toUnsignedLong(bytes.get(i));
            case 4 -> Short.toUnsignedLong(bytes.getShort(i << 1));
            case 5 -> Integer.toUnsignedLong(bytes.getInt(i << 2));
            case 6 -> bytes.getLong(i << 3);
            default -> Byte.toUnsignedLong(bytes.get(position(i))) >>> shift(i) & mask();
        };
    }

    /// Changes a count; [MetadataCache#changed] follows.
    void set(int i, long value) {
        var _ = switch (order) {
            case 3 -> bytes.put(i, (byte) value);
            case 4 -> bytes.putShort(i << 1, (short) value);
            case 5 -> bytes.putInt(i << 2, (int) value);
            case 6 -> bytes.putLong(i << 3, value);
            default -> {
                int others = bytes.get(position(i)) & ~((int) mask() << shift(i));
                yield bytes.put(position(i), (byte) (others | (int) value << shift(i)));
            }
        };
    }

    /// The byte that a count begins in.
    int position(int i) {
        return (int) (((long) i << order) >>> 3);
    }

    @Override
    byte[] encode(int from, int to) {
        return Arrays.copyOfRange(bytes.array(), from, to);
    }

    private int shift(int i) {
        return (i << order) & 7;
    }

    private long mask() {
        return (1L << (1 << order)) - 1;
    }
}
