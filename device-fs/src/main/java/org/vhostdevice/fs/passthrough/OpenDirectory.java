package org.vhostdevice.fs.passthrough;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.sys.DirectoryEntries;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.sys.TreeCalls;
import org.vhostdevice.fs.vfs.FsException;

/// A directory that the guest has open, read by one request at a time.
final class OpenDirectory extends Counted {
    private static final long BUFFER_BYTES = 32 << 10;

    private static final ThreadLocal<MemorySegment> BUFFER =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BUFFER_BYTES, 8));

    private final int fd;

    // Guarded by this.
    private long position;

    /// Takes entries.
    @FunctionalInterface
    interface Visitor {
        /// {@return whether the entry was taken; if not, reading ends before it}
        boolean take(DirectoryEntries entry) throws FsException;
    }

    /// @param fd owned from now on
    OpenDirectory(int fd) {
        this.fd = fd;
    }

    int fd() {
        return fd;
    }

    /// Reads entries from an offset on, until the end or until one is not taken.
    ///
    /// @param offset 0, or that of an entry before
    synchronized void read(long offset, Visitor visitor) throws FsException {
        if (offset != position) {
            FsException.check(TreeCalls.seekDirectory(fd, offset));
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

    @Override
    void free() {
        FileCalls.close(fd);
    }
}
