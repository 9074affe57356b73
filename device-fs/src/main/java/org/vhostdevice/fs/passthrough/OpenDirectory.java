package org.vhostdevice.fs.passthrough;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.DirectoryEntries;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.TreeCalls;
import org.vhostdevice.fs.vfs.FsException;

/// A directory that the guest has open, read by one request at a time.
final class OpenDirectory extends Counted {
    private static final long BUFFER_BYTES = 32 << 10;

    private static final boolean OFFSETS = Capability.DIRECTORY_OFFSETS.available();

    private static final ThreadLocal<MemorySegment> BUFFER =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BUFFER_BYTES, 8));

    private final int fd;
    private final FdBudget budget;

    // Guarded by this.
    private long position;
    private MemorySegment kept = MemorySegment.NULL;

    /// Takes entries.
    @FunctionalInterface
    interface Visitor {
        /// {@return whether the entry was taken; if not, reading ends before it}
        boolean take(DirectoryEntries entry) throws FsException;
    }

    /// @param fd owned from now on
    /// @param budget from which one was taken
    OpenDirectory(int fd, FdBudget budget) {
        this.fd = fd;
        this.budget = budget;
    }

    int fd() {
        return fd;
    }

    /// Reads entries from an offset on, until the end or until one is not taken.
    ///
    /// @param offset 0, or that of an entry before
    synchronized void read(long offset, Visitor visitor) throws FsException {
        if (OFFSETS) {
            readFromHost(offset, visitor);
        } else {
            readKept(offset, visitor);
        }
    }

    private void readFromHost(long offset, Visitor visitor) throws FsException {
        if (offset != position) {
            long _ = FsException.check(TreeCalls.seekDirectory(fd, offset));
        }
        position = offset;
        long host = offset; // the host's position is behind what it has filled in
        MemorySegment buffer = BUFFER.get();
        var entries = new DirectoryEntries();
        try {
            while (true) {
                long bytes = FsException.check(TreeCalls.readDirectory(fd, buffer));
                if (bytes == 0) {
                    return;
                }
                entries.begin(buffer, bytes);
                while (entries.next()) {
                    host = entries.offset();
                    if (!visitor.take(entries)) {
                        host = -1;
                        return;
                    }
                    position = entries.offset();
                }
            }
        } finally {
            if (host != position) {
                position = -1; // the host's is somewhere else: seek next time
            }
        }
    }

    /// Reads the whole directory when it is read from its start, and goes on in that later.
    private void readKept(long offset, Visitor visitor) throws FsException {
        if (offset == 0) {
            long _ = FsException.check(TreeCalls.seekDirectory(fd, 0));
            kept = readAll();
        }
        var entries = new DirectoryEntries();
        entries.beginKept(kept, offset);
        while (entries.next() && visitor.take(entries)) {
            // until there is no room
        }
    }

    private MemorySegment readAll() throws FsException {
        MemorySegment buffer = BUFFER.get();
        var all = new ByteArrayOutputStream();
        while (true) {
            long bytes = FsException.check(TreeCalls.readDirectory(fd, buffer));
            if (bytes == 0) {
                byte[] array = all.toByteArray();
                MemorySegment result = Arena.ofAuto().allocate(Math.max(1, array.length), 8);
                MemorySegment.copy(array, 0, result, ValueLayout.JAVA_BYTE, 0, array.length);
                return result.asSlice(0, array.length);
            }
            all.writeBytes(buffer.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Override
    void free() {
        FileCalls.close(fd);
        budget.give();
    }
}
