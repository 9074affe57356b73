package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.memory.SegmentBuffers;

/// The file that an image lies in, with transfers from and to arrays. Any thread.
final class HostFile {
    /// What a disk writes whole or not at all.
    static final int SECTOR = 512;

    private static final int SCRATCH_BYTES = 64 << 10;
    private static final int SCRATCH_ALIGNMENT = 4096;
    private static final long GROWTH = 1 << 20;

    private final Storage storage;
    private final ConcurrentLinkedQueue<SegmentBuffers> scratch = new ConcurrentLinkedQueue<>();

    HostFile(Storage storage) {
        this.storage = storage;
    }

    Storage storage() {
        return storage;
    }

    long size() {
        return storage.size();
    }

    /// Native memory, to be given back.
    SegmentBuffers borrow() {
        SegmentBuffers found = scratch.poll();
        return found != null ? found : new SegmentBuffers(Arena.ofAuto().allocate(SCRATCH_BYTES, SCRATCH_ALIGNMENT));
    }

    void giveBack(SegmentBuffers borrowed) {
        scratch.add(borrowed);
    }

    /// Whether a range lies inside the file.
    boolean holds(long offset, long bytes) {
        return offset >= 0 && bytes >= 0 && offset <= size() - bytes;
    }

    /// Reads a range whose size has been checked against a limit.
    ///
    /// @param what it is, for the message
    byte[] read(String what, long offset, long bytes) throws IOException {
        if (!holds(offset, bytes)) {
            throw new IOException(
                    what + " at " + offset + " of " + bytes + " bytes lies outside the file of " + size());
        }
        byte[] into = new byte[Math.toIntExact(bytes)];
        SegmentBuffers buffer = borrow();
        try {
            for (int done = 0; done < into.length; ) {
                int count = Math.min(SCRATCH_BYTES, into.length - done);
                storage.read(offset + done, buffer, 0, count);
                buffer.read(0, MemorySegment.ofArray(into).asSlice(done), count);
                done += count;
            }
        } finally {
            giveBack(buffer);
        }
        return into;
    }

    /// Reads a table of numbers.
    long[] readLongs(String what, long offset, int count) throws IOException {
        long[] longs = new long[count];
        ByteBuffer.wrap(read(what, offset, (long) count * Long.BYTES))
                .asLongBuffer()
                .get(longs);
        return longs;
    }

    /// Reads data; what lies behind the end of the file reads as zeros.
    void readData(long offset, IoBuffers into, long position, long bytes) throws IOException {
        long inside = Math.clamp(size() - offset, 0, bytes);
        if (inside > 0) {
            storage.read(offset, into, position, inside);
        }
        if (inside < bytes) {
            into.zero(position + inside, bytes - inside);
        }
    }

    void write(long offset, byte[] from) throws IOException {
        SegmentBuffers buffer = borrow();
        try {
            for (int done = 0; done < from.length; ) {
                int count = Math.min(SCRATCH_BYTES, from.length - done);
                buffer.write(0, MemorySegment.ofArray(from).asSlice(done), count);
                storage.write(offset + done, buffer, 0, count);
                done += count;
            }
        } finally {
            giveBack(buffer);
        }
    }

    /// Makes the file reach to an offset at least, and further, so that it grows seldom; what is added reads as zeros.
    void growTo(long end) throws IOException {
        growToExactly(size() < end ? (end + GROWTH - 1) & -GROWTH : end);
    }

    /// Makes the file reach to an offset at least; what is added reads as zeros.
    void growToExactly(long end) throws IOException {
        if (size() < end) {
            storage.resize(end);
        }
    }

    void flush() throws IOException {
        storage.flush();
    }
}
