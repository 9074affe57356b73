package org.vhostdevice.blk.backend;

import org.vhostdevice.core.virtqueue.GuestBuffers;

/// A disk without a medium: every request is done at once and touches no data. What is written is gone, and what is
/// read leaves the guest's buffers as they are, which QEMU's `null-co` does, too, unless told otherwise. For
/// measurements of everything but a medium.
final class NullMedium implements Medium, BlockBackend {
    private final NullSpec spec;

    NullMedium(NullSpec spec) {
        this.spec = spec;
    }

    @Override
    public long size() {
        return spec.bytes();
    }

    @Override
    public boolean readOnly() {
        return spec.readOnly();
    }

    @Override
    public BlockBackend backend() {
        return this;
    }

    @Override
    public void read(long offset, GuestBuffers into, long bytes) {
        // nothing is there
    }

    @Override
    public void write(long offset, GuestBuffers from, long position, long bytes) {
        // nothing is kept
    }

    @Override
    public void flush() {
        // nothing was kept
    }

    @Override
    public void close() {
        // nothing is open
    }
}
