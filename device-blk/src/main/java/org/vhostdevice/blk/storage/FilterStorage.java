package org.vhostdevice.blk.storage;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.IoBuffers;

/// A storage that changes something about another one, which it owns.
public abstract class FilterStorage implements DirectStorage {
    private final Storage inner;
    private final @Nullable DirectStorage direct;

    /// Wraps a storage.
    ///
    /// @param inner closed with this
    protected FilterStorage(Storage inner) {
        this.inner = inner;
        this.direct = inner instanceof DirectStorage known ? known : null;
    }

    /// {@return the storage that this one changes}
    protected final Storage inner() {
        return inner;
    }

    @Override
    public long size() {
        return inner.size();
    }

    @Override
    public boolean readOnly() {
        return inner.readOnly();
    }

    @Override
    public boolean waits() {
        return inner.waits();
    }

    @Override
    public void read(long offset, IoBuffers into, long position, long bytes) throws IOException {
        inner.read(offset, into, position, bytes);
    }

    @Override
    public void write(long offset, IoBuffers from, long position, long bytes) throws IOException {
        inner.write(offset, from, position, bytes);
    }

    @Override
    public void writeZeroes(long offset, long bytes, boolean mayUnmap) throws IOException {
        inner.writeZeroes(offset, bytes, mayUnmap);
    }

    @Override
    public void discard(long offset, long bytes) throws IOException {
        inner.discard(offset, bytes);
    }

    @Override
    public void flush() throws IOException {
        inner.flush();
    }

    @Override
    public void resize(long bytes) throws IOException {
        inner.resize(bytes);
    }

    @Override
    public long remeasure() throws IOException {
        return inner.remeasure();
    }

    @Override
    public Extent extent(long offset, long bytes) throws IOException {
        return inner.extent(offset, bytes);
    }

    @Override
    public int descriptor() {
        return direct == null ? -1 : direct.descriptor();
    }

    @Override
    public int alignment() {
        return direct == null ? 1 : direct.alignment();
    }

    @Override
    public boolean cached() {
        return direct == null || direct.cached();
    }

    @Override
    public long locate(long offset, long bytes, boolean write) {
        return direct == null ? ELSEWHERE : direct.locate(offset, bytes, write);
    }

    @Override
    public int enter() {
        return direct == null ? 0 : direct.enter();
    }

    @Override
    public void leave(int use) {
        if (direct != null) {
            direct.leave(use);
        }
    }

    @Override
    public void hurry() {
        inner.hurry();
    }

    @Override
    public String toString() {
        return inner.toString();
    }

    @Override
    public void close() {
        inner.close();
    }
}
