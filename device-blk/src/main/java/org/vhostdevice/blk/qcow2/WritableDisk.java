package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import org.vhostdevice.core.memory.IoBuffers;

/// The disk of an image that is open for writing. Any thread.
final class WritableDisk {
    private final WritableImage writable;
    private final ImageContext image;
    private final ClusterReader reader;
    private final Committer committer;
    private final ClusterWriter writer;
    private final ZeroWriter zeros;
    private final Backing backing;
    private final long openedBytes;

    WritableDisk(WritableImage writable, Locator locator, ClusterReader reader, Backing backing) {
        this.writable = writable;
        this.image = writable.image();
        this.reader = reader;
        this.backing = backing;
        this.openedBytes = image.file().size();
        this.committer = new Committer(writable);
        var slots = new WriteSlots(image.lock(), image.geometry().clusterBits());
        var planner = new WritePlanner(writable, locator, slots);
        this.writer = new ClusterWriter(writable, reader, planner, slots, committer);
        this.zeros = new ZeroWriter(writable, backing, slots, committer);
    }

    void write(long offset, IoBuffers from, long position, long bytes) throws IOException {
        writer.write(offset, from, position, bytes);
    }

    void flush() throws IOException {
        committer.flush();
    }

    /// Makes a range zeros: by entries where they can say so, and as data at its edges.
    ///
    /// @param size of the disk: what lies behind it in the last cluster may be anything
    void writeZeroes(long offset, long bytes, boolean unmap, long size) throws IOException {
        int unit = zeros.unit();
        long end = offset + bytes;
        long last = end == size ? (end + unit - 1) & -unit : end & -unit;
        for (long at = offset; at < end; ) {
            long done = (at & (unit - 1)) == 0 && at < last ? zeros.zero(at, last - at, unmap) : 0;
            if (done == 0) {
                done = Math.min(end - at, unit - (at & (unit - 1)));
                writeZeroesAsData(at, done);
            }
            at += done;
        }
    }

    /// Gives up what entries can say is zeros.
    void discard(long offset, long bytes, long size) throws IOException {
        int unit = zeros.unit();
        long end = offset + bytes;
        long last = end == size ? (end + unit - 1) & -unit : end & -unit;
        for (long at = (offset + unit - 1) & -unit; at < last; ) {
            long done = zeros.zero(at, last - at, true);
            at += done == 0 ? unit : done;
        }
    }

    private void writeZeroesAsData(long offset, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            Mapping found = reader.map(offset + done, bytes - done);
            if (!reader.readsAsZeros(found, offset + done)) {
                writer.writeZeroes(offset + done, found.bytes());
            }
            done += found.bytes();
        }
    }

    /// Changes the size of the disk.
    void grow(long from, long to) throws IOException {
        new Grower(writable, committer).grow(from, to, this::zeroHidden);
    }

    /// Makes what lies behind the old end zeros: in its last tables, and where the backing file goes on.
    private void zeroHidden(long from, long to) throws IOException {
        long coverage = image.geometry().l2Coverage();
        long end = Math.max((from + coverage - 1) & -coverage, backing.size());
        long cluster = image.geometry().clusterBytes();
        long until = (Math.min(end, to) + cluster - 1) & -cluster;
        writeZeroes(from, until - from, true, until);
    }

    /// Makes all durable and the image as if it had never been open.
    void close() throws IOException {
        committer.finish();
        image.lock().lock();
        try {
            long end = writable.allocator().endOfUse(openedBytes);
            if (end < image.file().size()) {
                image.file().storage().resize(end);
            }
        } finally {
            image.lock().unlock();
        }
    }
}
