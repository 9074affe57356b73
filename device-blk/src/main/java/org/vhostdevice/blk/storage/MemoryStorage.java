package org.vhostdevice.blk.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.sys.FileSpace;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.SharedMemory;

/// Memory of this process: fast, and gone with it. Pages take room once they are written.
public final class MemoryStorage implements Storage {
    private static final long PAGE = 1 << 16;

    private final SharedMemory memory;
    private final MappedRegion region;
    private final boolean readOnly;

    private MemoryStorage(SharedMemory memory, MappedRegion region, boolean readOnly) {
        this.memory = memory;
        this.region = region;
        this.readOnly = readOnly;
    }

    /// Takes memory.
    ///
    /// @param bytes how much, more than 0
    /// @param readOnly whether it cannot be written
    /// @return the storage; the caller closes it
    /// @throws IOException if the host has not as much
    public static MemoryStorage create(long bytes, boolean readOnly) throws IOException {
        SharedMemory memory = SharedMemory.create("vhost-disk", bytes);
        try {
            return new MemoryStorage(memory, MappedRegion.map(memory.fd(), 0, bytes, true), readOnly);
        } catch (IOException e) {
            memory.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return region.size();
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean waits() {
        return false;
    }

    @Override
    public void read(long offset, IoBuffers into, long position, long bytes) {
        into.write(position, part(offset, bytes), bytes);
    }

    @Override
    public void write(long offset, IoBuffers from, long position, long bytes) {
        from.read(position, part(offset, bytes), bytes);
    }

    private MemorySegment part(long offset, long bytes) {
        return region.segment().asSlice(offset, bytes);
    }

    @Override
    public void writeZeroes(long offset, long bytes, boolean mayUnmap) throws IOException {
        long from = Math.min(offset + bytes, (offset + PAGE - 1) / PAGE * PAGE);
        long to = Math.max(from, (offset + bytes) / PAGE * PAGE);
        if (!mayUnmap || to == from || !FileSpace.punchHole(memory.fd().number(), from, to - from)) {
            MemorySegment _ = part(offset, bytes).fill((byte) 0);
            return;
        }
        MemorySegment _ = part(offset, from - offset).fill((byte) 0);
        MemorySegment _ = part(to, offset + bytes - to).fill((byte) 0);
    }

    @Override
    public void discard(long offset, long bytes) throws IOException {
        writeZeroes(offset, bytes, true);
    }

    @Override
    public void flush() {
        // it is as durable as it gets
    }

    @Override
    public void resize(long bytes) throws IOException {
        throw new IOException("a disk in memory has the size it was given");
    }

    @Override
    public void close() {
        region.close();
        memory.close();
    }
}
