package org.vhostdevice.core.protocol;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;

/// An immutable run of bytes that compares by content.
public final class Bytes {
    private final byte[] content;

    private Bytes(byte[] content) {
        this.content = content;
    }

    /// Copies an array.
    ///
    /// @param bytes any length
    /// @return the copy
    public static Bytes of(byte... bytes) {
        return new Bytes(bytes.clone());
    }

    /// Copies a segment.
    ///
    /// @param bytes shorter than 2 GiB
    /// @return the copy
    public static Bytes of(MemorySegment bytes) {
        return new Bytes(bytes.toArray(ValueLayout.JAVA_BYTE));
    }

    /// Bytes that are all zero, as a front end sends them where an answer will stand.
    ///
    /// @param length how many
    /// @return the zeroes
    public static Bytes zeroes(int length) {
        return new Bytes(new byte[length]);
    }

    /// {@return the number of bytes}
    public int length() {
        return content.length;
    }

    /// {@return a copy as an array}
    public byte[] toArray() {
        return content.clone();
    }

    /// Copies all bytes.
    ///
    /// @param into   target, with room for [#length()] bytes behind `offset`
    /// @param offset first byte to write
    public void copyTo(MemorySegment into, long offset) {
        MemorySegment.copy(content, 0, into, ValueLayout.JAVA_BYTE, offset, content.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(content, bytes.content);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(content);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(content);
    }
}
