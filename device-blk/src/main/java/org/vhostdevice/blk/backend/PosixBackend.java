package org.vhostdevice.blk.backend;

import java.io.EOFException;
import java.io.IOException;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.virtqueue.GuestBuffers;

/// An image read and written by `preadv(2)` and `pwritev(2)` straight from and to guest memory, in the caller's thread.
public final class PosixBackend implements BlockBackend {
    /// Bytes in one system call at most: macOS refuses more than `INT_MAX`.
    private static final long MAX_CALL_BYTES = 1 << 30;

    private final Image image;
    private final IoVecs vectors = new IoVecs();

    /// A backend for one queue.
    ///
    /// @param image stays open as long as this is used
    public PosixBackend(Image image) {
        this.image = image;
    }

    @Override
    public long size() {
        return image.size();
    }

    @Override
    public boolean readOnly() {
        return image.readOnly();
    }

    @Override
    public void read(long offset, GuestBuffers into, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            gather(into, done, bytes - done);
            long count = FileIo.preadv(image.descriptor(), vectors.segment(), vectors.count(), offset + done);
            if (count == 0) {
                // Zeroes would pass for data: somebody has cut the image.
                throw new EOFException(image + " ends at byte " + (offset + done) + " of " + image.size());
            }
            done += count;
        }
    }

    @Override
    public void write(long offset, GuestBuffers from, long position, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            gather(from, position + done, bytes - done);
            long count = FileIo.pwritev(image.descriptor(), vectors.segment(), vectors.count(), offset + done);
            if (count == 0) {
                throw new EOFException(image + " takes no bytes at " + (offset + done) + " of " + image.size());
            }
            done += count;
        }
    }

    @Override
    public void flush() throws IOException {
        image.flush();
    }

    private void gather(GuestBuffers buffers, long position, long bytes) {
        vectors.clear();
        long _ = buffers.addTo(vectors, position, Math.min(bytes, MAX_CALL_BYTES));
    }
}
