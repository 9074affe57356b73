package org.vhostdevice.fs.fuse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Puts an answer together, from front to back. One thread at a time.
final class ReplyWriter {
    /// Bytes of an answer's header (`struct fuse_out_header`).
    static final int HEADER = 16;

    /// The most bytes behind the header, of all answers but those of READ.
    static final int MAX_BODY = 128 << 10;

    private static final int USUAL = 8192;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private MemorySegment bytes = Arena.ofAuto().allocate(USUAL, Long.BYTES);
    private long position = HEADER;
    private boolean swapped;

    ReplyWriter() {}

    /// Begins an answer behind its header.
    ///
    /// @param bigEndian whether numbers are big-endian
    void begin(boolean bigEndian) {
        swapped = bigEndian;
        position = HEADER;
    }

    /// Drops what was written behind the header.
    void rewind() {
        position = HEADER;
    }

    /// Makes room for a body, before anything is written.
    ///
    /// @param count bytes, at most [#MAX_BODY]
    void reserve(int count) {
        if (HEADER + count > bytes.byteSize()) {
            bytes = Arena.ofAuto().allocate((long) HEADER + count, Long.BYTES);
        }
    }

    /// {@return the answer so far}
    MemorySegment bytes() {
        return bytes;
    }

    /// {@return bytes written, with the header}
    long length() {
        return position;
    }

    /// Writes the header.
    ///
    /// @param length of the answer, with the header
    /// @param errno 0, or a number of Linux
    void header(long length, int errno, long unique) {
        long body = position;
        position = 0;
        u32((int) length);
        u32(-errno);
        u64(unique);
        position = body;
    }

    void u16(int value) {
        bytes.set(U16, position, swapped ? Short.reverseBytes((short) value) : (short) value);
        position += Short.BYTES;
    }

    void u32(int value) {
        bytes.set(U32, position, swapped ? Integer.reverseBytes(value) : value);
        position += Integer.BYTES;
    }

    void u64(long value) {
        bytes.set(U64, position, swapped ? Long.reverseBytes(value) : value);
        position += Long.BYTES;
    }

    /// Copies bytes.
    void put(MemorySegment from, long count) {
        MemorySegment.copy(from, 0, bytes, position, count);
        position += count;
    }

    /// Writes zeros.
    void zero(long count) {
        MemorySegment _ = bytes.asSlice(position, count).fill((byte) 0);
        position += count;
    }

    /// Room for bytes that somebody else writes, before it is known how many.
    MemorySegment room(long count) {
        return bytes.asSlice(position, count);
    }

    /// Takes up bytes that somebody else has written.
    void advance(long count) {
        position += count;
    }
}
