package org.vhostdevice.fs.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.FsException;

/// Reads a request from a copy of its bytes, from front to back. Whatever is not there, or not as it must be, is
/// `EINVAL`. One thread at a time.
final class RequestReader {
    /// Bytes of a request's header (`struct fuse_in_header`).
    static final int HEADER = 40;

    /// The longest name in bytes, without its NUL.
    static final int NAME_MAX = 255;

    private static final int USUAL = 4096;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private MemorySegment bytes = Arena.ofAuto().allocate(USUAL, Long.BYTES);
    private long end;
    private long position;
    private boolean swapped;

    RequestReader() {}

    /// Copies the start of a request.
    ///
    /// @param count bytes, at most its length, and few
    void copy(IoBuffers from, int count) {
        from.read(0, bytes, count);
        end = count;
        position = 0;
    }

    /// Copies more of a request whose start was copied.
    ///
    /// @param count bytes in all, at most its length
    void copyRest(IoBuffers from, int count) {
        if (count > bytes.byteSize()) {
            MemorySegment larger = Arena.ofAuto().allocate(count, Long.BYTES);
            MemorySegment.copy(bytes, 0, larger, 0, end);
            bytes = larger;
        }
        from.read(end, bytes.asSlice(end), count - end);
        end = count;
    }

    /// Says whether numbers are big-endian.
    void swap(boolean bigEndian) {
        swapped = bigEndian;
    }

    /// {@return whether numbers are big-endian}
    boolean swapped() {
        return swapped;
    }

    /// {@return bytes not read yet}
    long remaining() {
        return end - position;
    }

    private long advance(long count) throws FsException {
        if (count < 0 || count > end - position) {
            throw invalid();
        }
        long at = position;
        position += count;
        return at;
    }

    static FsException invalid() {
        return FsException.of(Errno.EINVAL);
    }

    /// {@return how many bytes were read}
    long position() {
        return position;
    }

    /// Goes to a position that was reached before.
    void moveTo(long newPosition) {
        position = newPosition;
    }

    void skip(long count) throws FsException {
        long _ = advance(count);
    }

    int u32() throws FsException {
        int value = bytes.get(U32, advance(Integer.BYTES));
        return swapped ? Integer.reverseBytes(value) : value;
    }

    long u64() throws FsException {
        long value = bytes.get(U64, advance(Long.BYTES));
        return swapped ? Long.reverseBytes(value) : value;
    }

    /// A number of bytes that do not exceed the range of a length.
    int size() throws FsException {
        int value = u32();
        if (value < 0) {
            throw invalid();
        }
        return value;
    }

    /// Some bytes; valid until the next request is copied.
    MemorySegment take(long count) throws FsException {
        return bytes.asSlice(advance(count), count);
    }

    /// A C string, with its NUL.
    ///
    /// @param most bytes without the NUL
    MemorySegment text(int most) throws FsException {
        long start = position;
        long at = start;
        while (at < end && bytes.get(JAVA_BYTE, at) != 0) {
            at++;
        }
        if (at == end || at == start) {
            throw invalid();
        }
        if (at - start > most) {
            throw FsException.of(Errno.ENAMETOOLONG);
        }
        position = at + 1;
        return bytes.asSlice(start, at + 1 - start);
    }

    /// The name of one component of a path, neither `.` nor `..`, with its NUL.
    MemorySegment name() throws FsException {
        MemorySegment name = text(NAME_MAX);
        long length = name.byteSize() - 1;
        for (long i = 0; i < length; i++) {
            if (name.get(JAVA_BYTE, i) == '/') {
                throw invalid();
            }
        }
        if (name.get(JAVA_BYTE, 0) == '.' && (length == 1 || (length == 2 && name.get(JAVA_BYTE, 1) == '.'))) {
            throw invalid();
        }
        return name;
    }
}
