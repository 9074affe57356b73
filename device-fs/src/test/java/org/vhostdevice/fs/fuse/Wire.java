package org.vhostdevice.fs.fuse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Puts bytes together as a guest does.
public final class Wire {
    private static final int MOST = 16 << 10;

    private final ByteBuffer bytes;

    private Wire(ByteOrder order) {
        bytes = ByteBuffer.allocate(MOST).order(order);
    }

    /// Begins with nothing.
    public static Wire in(ByteOrder order) {
        return new Wire(order);
    }

    /// Begins with nothing, little-endian.
    public static Wire le() {
        return in(ByteOrder.LITTLE_ENDIAN);
    }

    /// A whole request of user 1000 in group 1001, little-endian.
    public static byte[] request(int opcode, long unique, long node, byte... body) {
        byte[] header = le().u32(40 + body.length)
                .u32(opcode)
                .u64(unique)
                .u64(node)
                .u32(1000)
                .u32(1001)
                .u64(0)
                .bytes();
        byte[] all = Arrays.copyOf(header, header.length + body.length);
        System.arraycopy(body, 0, all, header.length, body.length);
        return all;
    }

    /// The request that begins a session of 7.45 with all flags.
    public static byte[] init() {
        byte[] body = le().u32(7).u32(45).u32(65_536).u32(-1).u32(-1).bytes();
        return request(26, 1, 0, Arrays.copyOf(body, 64));
    }

    /// {@return a little-endian number of 64 bits}
    public static long number(byte[] bytes, int at) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(at);
    }

    /// A number of 32 bits.
    public Wire u32(long value) {
        bytes.putInt((int) value);
        return this;
    }

    /// A number of 64 bits.
    public Wire u64(long value) {
        bytes.putLong(value);
        return this;
    }

    /// Characters without a NUL.
    public Wire raw(String text) {
        bytes.put(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /// Characters and a NUL.
    public Wire text(String text) {
        raw(text);
        bytes.put((byte) 0);
        return this;
    }

    /// Zeros up to the next multiple of eight.
    public Wire pad() {
        bytes.position((bytes.position() + 7) / 8 * 8);
        return this;
    }

    /// {@return all of it}
    public byte[] bytes() {
        byte[] all = new byte[bytes.position()];
        bytes.get(0, all);
        return all;
    }
}
