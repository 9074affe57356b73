package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The room that parts of files and disks take: giving it up, zeroing it, and finding out where there is any.
///
/// Each call says whether the host and the file can do it. Any thread.
public final class FileSpace {
    private static final int FALLOC_FL_KEEP_SIZE = 1;
    private static final int FALLOC_FL_PUNCH_HOLE = 2;
    private static final int FALLOC_FL_ZERO_RANGE = 16;
    private static final long RANGE_BYTES = 16;

    // struct fpunchhole: flags and a reserved number come first
    private static final long FPUNCHHOLE_SIZE = 24;
    private static final long FP_OFFSET = 8;
    private static final long FP_LENGTH = 16;

    // dk_unmap_t: the address of the extents comes first, options last
    private static final long UNMAP_SIZE = 16;
    private static final long UNMAP_EXTENTS_COUNT = 8;

    private FileSpace() {}

    static boolean canPunch() {
        return Symbol.FALLOCATE.isUsable() || Symbol.FSPACECTL.isUsable() || AbiNumber.F_PUNCHHOLE.isUsable();
    }

    /// Makes a part of a regular file read as zeros and gives up its room. The file's size stays.
    ///
    /// @param fd open for writing
    /// @param offset a multiple of the file's block size ([FileStatus#blockSize])
    /// @param bytes a multiple of that, more than 0
    /// @return false if the host or the file system cannot; nothing has changed then
    /// @throws ErrnoException if it fails
    public static boolean punchHole(int fd, long offset, long bytes) throws ErrnoException {
        return Capability.PUNCH_HOLE.available() && done("punch hole", () -> punch(fd, offset, bytes));
    }

    private static int punch(int fd, long offset, long bytes) {
        if (Symbol.FALLOCATE.isUsable()) {
            return Libc.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes);
        }
        try (Arena arena = Arena.ofConfined()) {
            if (Symbol.FSPACECTL.isUsable()) {
                return Libc.fspacectl(fd, range(arena, offset, bytes));
            }
            MemorySegment hole = arena.allocate(FPUNCHHOLE_SIZE, 8);
            hole.set(JAVA_LONG, FP_OFFSET, offset);
            hole.set(JAVA_LONG, FP_LENGTH, bytes);
            return Libc.fcntl(fd, AbiNumber.F_PUNCHHOLE.value(), hole);
        }
    }

    /// Makes a part of a regular file read as zeros and keeps its room.
    ///
    /// @param fd open for writing
    /// @param offset of the first byte, a multiple of the file's block size
    /// @param bytes a multiple of that, more than 0; inside the file
    /// @return false if the host or the file system cannot; nothing has changed then
    /// @throws ErrnoException if it fails
    public static boolean zeroRange(int fd, long offset, long bytes) throws ErrnoException {
        return Symbol.FALLOCATE.isUsable()
                && done(
                        "zero range",
                        () -> Libc.fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, bytes));
    }

    /// Gives up a part of a disk; what it reads as then is not known.
    ///
    /// @param fd a disk, open for writing
    /// @param offset a multiple of its block size
    /// @param bytes a multiple of that, more than 0
    /// @return false if the disk cannot
    /// @throws ErrnoException if it fails
    public static boolean discardDevice(int fd, long offset, long bytes) throws ErrnoException {
        return done("discard", () -> onRange(fd, AbiNumber.DEVICE_DISCARD, offset, bytes));
    }

    /// Makes a part of a disk read as zeros.
    ///
    /// @param fd a disk, open for writing
    /// @param offset a multiple of its block size
    /// @param bytes a multiple of that, more than 0
    /// @return false if the host cannot do it by itself
    /// @throws ErrnoException if it fails
    public static boolean zeroDevice(int fd, long offset, long bytes) throws ErrnoException {
        return AbiNumber.DEVICE_ZERO.isUsable()
                && done("zero", () -> onRange(fd, AbiNumber.DEVICE_ZERO, offset, bytes));
    }

    private static int onRange(int fd, AbiNumber request, long offset, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment range = range(arena, offset, bytes);
            if (HostOs.current() != HostOs.MACOS) {
                return Libc.ioctl(fd, request.value(), range);
            }
            MemorySegment unmap = arena.allocate(UNMAP_SIZE, 8);
            unmap.set(JAVA_LONG, 0, range.address());
            unmap.set(JAVA_LONG, UNMAP_EXTENTS_COUNT, 1);
            return Libc.ioctl(fd, request.value(), unmap);
        }
    }

    private static MemorySegment range(Arena arena, long offset, long bytes) {
        MemorySegment range = arena.allocate(RANGE_BYTES, 8);
        range.set(JAVA_LONG, 0, offset);
        range.set(JAVA_LONG, 8, bytes);
        return range;
    }

    /// Finds the first byte from an offset on that takes room.
    ///
    /// @param fd a regular file
    /// @param offset inside the file
    /// @return its offset, `offset` itself if the host cannot tell; negative if there is none up to the file's end
    public static long nextData(int fd, long offset) {
        long result = Libc.lseek(fd, offset, AbiNumber.SEEK_DATA.value());
        return result >= 0 ? result : result == -Errno.ENXIO.number() ? -1 : offset;
    }

    /// Finds the first byte from an offset on that takes no room, the file's end at the latest.
    ///
    /// @param fd a regular file
    /// @param offset inside the file
    /// @return its offset; [Long#MAX_VALUE] if the host cannot tell
    public static long nextHole(int fd, long offset) {
        long result = Libc.lseek(fd, offset, AbiNumber.SEEK_HOLE.value());
        return result >= 0 ? result : Long.MAX_VALUE;
    }

    private interface Call {
        int run();
    }

    private static boolean done(String what, Call call) throws ErrnoException {
        int result;
        do {
            result = call.run();
        } while (result == Libc.EINTR);
        if (DurableSync.isUnsupported(result)) {
            return false;
        }
        ErrnoException.check(what, result);
        return true;
    }
}
