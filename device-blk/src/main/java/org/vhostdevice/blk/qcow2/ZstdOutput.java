package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.Arrays;

/// What has been decoded so far; everything before it is within reach.
final class ZstdOutput {
    private final byte[] bytes;
    private int length;

    ZstdOutput(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean full() {
        return length == bytes.length;
    }

    void append(byte[] from, int start, int count) throws IOException {
        require(count >= 0 && count <= bytes.length - length && start >= 0 && count <= from.length - start);
        System.arraycopy(from, start, bytes, length, count);
        length += count;
    }

    void fill(byte value, int count) throws IOException {
        require(count <= bytes.length - length);
        Arrays.fill(bytes, length, length + count, value);
        length += count;
    }

    /// Appends bytes from a distance back, which may be their own beginning.
    void repeat(int distance, int count) throws IOException {
        require(distance <= length && count <= bytes.length - length);
        for (int i = 0; i < count; i++) {
            bytes[length + i] = bytes[length + i - distance];
        }
        length += count;
    }

    private static void require(boolean met) throws IOException {
        if (!met) {
            throw new IOException("zstd data is longer than a cluster, or reaches before its start");
        }
    }
}
