package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.Lock;
import org.vhostdevice.core.memory.IoBuffers;

/// Reads ranges of the disk. Any thread; the lock is held while the range is looked up only.
final class ClusterReader {
    private final ImageContext image;
    private final Lock lock;
    private final Mapper mapper;
    private final CompressedClusters compressed;
    private final Backing backing;

    ClusterReader(ImageContext image, Mapper mapper, Backing backing) {
        this.image = image;
        this.lock = image.lock();
        this.mapper = mapper;
        this.compressed = new CompressedClusters(image);
        this.backing = backing;
    }

    void read(long offset, IoBuffers into, long position, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            int use = image.uses().enter();
            try {
                Mapping found = map(offset + done, bytes - done);
                transfer(found, offset + done, into, position + done);
                done += found.bytes();
            } finally {
                image.uses().leave(use);
            }
        }
    }

    /// Reads a range for a copy of the cluster it is in, of which the disk may have a part only.
    ///
    /// @return whether it is known to be zeros
    boolean readForFill(long offset, IoBuffers into, long bytes) throws IOException {
        boolean zeros = true;
        for (long done = 0; done < bytes; ) {
            Mapping found = map(offset + done, bytes - done);
            zeros &= readsAsZeros(found, offset + done);
            done += found.bytes();
        }
        if (zeros) {
            into.zero(0, bytes);
        } else {
            read(offset, into, 0, bytes);
        }
        return zeros;
    }

    /// Whether what was found is known to be zeros.
    boolean readsAsZeros(Mapping found, long offset) throws IOException {
        return switch (found.kind()) {
            case DATA, COMPRESSED -> false;
            case ZERO -> true;
            case UNALLOCATED -> backing.zeros(offset, found.bytes());
        };
    }

    /// What a range begins with.
    Mapping map(long offset, long bytes) throws IOException {
        lock.lock();
        try {
            return mapper.map(offset, bytes);
        } finally {
            lock.unlock();
        }
    }

    private void transfer(Mapping from, long offset, IoBuffers into, long position) throws IOException {
        switch (from.kind()) {
            case DATA -> image.file().readData(from.at(), into, position, from.bytes());
            case ZERO -> into.zero(position, from.bytes());
            case UNALLOCATED -> backing.read(offset, into, position, from.bytes());
            case COMPRESSED -> {
                MemorySegment bytes = MemorySegment.ofArray(compressed.read(from.at()));
                into.write(position, bytes.asSlice(image.geometry().inCluster(offset)), from.bytes());
            }
        }
    }
}
