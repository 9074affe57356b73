package org.vhostdevice.blk.storage;

import java.io.IOException;
import org.vhostdevice.core.memory.IoBuffers;

/// No storage at all: every call is done at once and touches no data. What is written is gone, and what is read leaves
/// the buffers as they are, which QEMU's `null-co` does, too, unless told otherwise. For measurements of everything but
/// a medium.
///
/// @param size the bytes it pretends to have
/// @param readOnly whether it cannot be written
public record NullStorage(long size, boolean readOnly) implements Storage {
    @Override
    public boolean waits() {
        return false;
    }

    @Override
    public void read(long offset, IoBuffers into, long position, long bytes) {
        // nothing is there
    }

    @Override
    public void write(long offset, IoBuffers from, long position, long bytes) {
        // nothing is kept
    }

    @Override
    public void writeZeroes(long offset, long bytes, boolean mayUnmap) {
        // nothing is kept
    }

    @Override
    public void discard(long offset, long bytes) {
        // nothing is there
    }

    @Override
    public void flush() {
        // nothing was kept
    }

    @Override
    public void resize(long bytes) throws IOException {
        throw new IOException("a disk without a medium has the size it was given");
    }

    @Override
    public void close() {
        // nothing is open
    }
}
