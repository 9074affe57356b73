package org.vhostdevice.core.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// A part of a file mapped into this process, shared with everyone else who maps it.
///
/// It stays mapped until its creator and all who retained it have let it go; any thread may do either. Access
/// after that throws [IllegalStateException] and never reaches other memory. The file may be truncated by those
/// who share it: access beyond its end then throws [InternalError], so use only plain reads and writes, copies
/// and fences.
public final class MappedRegion implements AutoCloseable {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAX_ERRNO = 4095;
    /// The largest unit that a file of huge pages may ask for.
    private static final long MAX_UNIT = 1L << 34;

    private final Arena arena;
    private final MemorySegment segment;
    private final AtomicInteger users = new AtomicInteger(1);
    private final AtomicBoolean closed = new AtomicBoolean();

    private MappedRegion(Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.segment = segment;
    }

    /// Maps `size` bytes of a file from byte `offset` on, which need not be the start of a page.
    ///
    /// The caller keeps the descriptor and may close it at once.
    ///
    /// @param fd a regular file, shared memory or a device that can be mapped
    /// @param offset 0 or more
    /// @param size more than 0
    /// @param writable for reading and writing, otherwise for reading only
    /// @return the region, with the caller as its first user
    /// @throws InternalError if an earlier access of this thread has failed
    /// @throws ErrnoException with `EINVAL` if the range is empty, overflows or ends behind the end of the file,
    ///     as the message says, or with the error of `mmap(2)`
    public static MappedRegion map(OwnedFd fd, long offset, long size, boolean writable) throws ErrnoException {
        MemoryFaults.report();
        FileStatus file = FileIo.status(fd);
        if (size <= 0 || offset < 0 || offset > Long.MAX_VALUE - size) {
            throw failure(offset, size, "", Errno.EINVAL.number());
        }
        boolean sized = file.kind() != FileStatus.Kind.CHARACTER && file.kind() != FileStatus.Kind.BLOCK;
        if (sized && file.size() < offset + size) {
            throw failure(offset, size, " of a file of " + file.size() + " bytes", Errno.EINVAL.number());
        }
        long unit = unit(file);
        long start = offset & -unit;
        long end = (offset + size + unit - 1) & -unit;
        if (end < 0) {
            throw failure(offset, size, "", Errno.EINVAL.number());
        }
        int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        long address = Libc.mmapShared(end - start, protection, fd.number(), start);
        if (address < 0 && address >= -MAX_ERRNO) {
            throw failure(offset, size, "", (int) -address);
        }
        return own(address, end - start, offset - start, size, writable);
    }

    private static ErrnoException failure(long offset, long size, String file, int number) {
        String range = Long.toUnsignedString(size) + " bytes at offset " + Long.toUnsignedString(offset);
        return new ErrnoException("mmap of " + range + file, number);
    }

    // A file of huge pages is mapped and unmapped in whole huge pages, which it names as its block size.
    static long unit(FileStatus file) {
        long blockSize = file.blockSize();
        boolean usable = Long.bitCount(blockSize) == 1 && blockSize <= MAX_UNIT;
        return Math.max(Host.pageSize(), usable ? blockSize : 1);
    }

    @SuppressWarnings("restricted")
    private static MappedRegion own(long address, long mapped, long from, long size, boolean writable) {
        Arena arena = Arena.ofShared();
        MemorySegment all = MemorySegment.ofAddress(address).reinterpret(mapped, arena, _ -> unmap(address, mapped));
        MemorySegment segment = all.asSlice(from, size);
        return new MappedRegion(arena, writable ? segment : segment.asReadOnly());
    }

    // Undoing a whole mapping does not fail.
    private static void unmap(long address, long mapped) {
        var _ = Libc.munmap(address, mapped);
    }

    /// Exactly the bytes asked for. Access throws [IllegalStateException] after the last user has gone.
    ///
    /// @return a segment for any thread, read-only unless mapped writable
    public MemorySegment segment() {
        return segment;
    }

    /// Bytes mapped.
    ///
    /// @return the size asked for
    public long size() {
        return segment.byteSize();
    }

    /// Keeps it mapped until a matching [#release()].
    ///
    /// @throws IllegalStateException if it is unmapped already
    public void retain() {
        int before = users.getAndUpdate(n -> n == 0 ? 0 : n + 1);
        if (before == 0) {
            throw new IllegalStateException("the memory is unmapped");
        }
    }

    /// Undoes one [#retain()]; the last user's call unmaps it.
    ///
    /// @throws IllegalStateException if it is unmapped already
    /// @throws InternalError after that is done, if an earlier access of this thread has failed
    public void release() {
        undisturbed(this::releaseOnce);
    }

    private void releaseOnce() {
        int before = users.getAndUpdate(n -> n == 0 ? 0 : n - 1);
        if (before == 0) {
            throw new IllegalStateException("the memory is unmapped");
        }
        if (before == 1) {
            arena.close();
        }
    }

    /// Ends the creator's use; a second call does nothing.
    ///
    /// @throws InternalError after that is done, if an earlier access of this thread has failed
    @Override
    public void close() {
        undisturbed(() -> {
            if (closed.compareAndSet(false, true)) {
                releaseOnce();
            }
        });
    }

    /// A fault of the memory in the middle of it would leave the memory mapped for ever.
    private static void undisturbed(Runnable action) {
        InternalError fault = MemoryFaults.take();
        action.run();
        if (fault != null) {
            throw fault;
        }
    }
}
