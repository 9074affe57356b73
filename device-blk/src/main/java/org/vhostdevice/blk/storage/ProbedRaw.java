package org.vhostdevice.blk.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.memory.SegmentBuffers;

/// A raw image that nobody has said to be raw: its first bytes can never be made to look like another format.
///
/// Otherwise a guest could write a header of such a format, and have the next start take its disk for an image that
/// names any file of the host as its base. QEMU has the same rule.
public final class ProbedRaw extends FilterStorage {
    /// Guards an image.
    ///
    /// @param image closed with this
    public ProbedRaw(Storage image) {
        super(image);
    }

    @Override
    public long locate(long offset, long bytes, boolean write) {
        return write && offset < ImageFormat.PROBED_BYTES ? ELSEWHERE : super.locate(offset, bytes, write);
    }

    /// Refuses what would look like another format; a sector is written as it was checked.
    @Override
    public void write(long offset, IoBuffers from, long position, long bytes) throws IOException {
        if (offset >= ImageFormat.PROBED_BYTES || bytes == 0) {
            inner().write(offset, from, position, bytes);
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            SegmentBuffers first =
                    new SegmentBuffers(arena.allocate(ImageFormat.PROBED_BYTES, ImageFormat.PROBED_BYTES));
            inner().read(0, first, 0, Math.min(ImageFormat.PROBED_BYTES, inner().size()));
            long checked = Math.min(bytes, ImageFormat.PROBED_BYTES - offset);
            from.read(position, first.segment().asSlice(offset), checked);
            requireRaw(first.segment());
            inner().write(offset, first, offset, checked);
            if (bytes > checked) {
                inner().write(offset + checked, from, position + checked, bytes - checked);
            }
        }
    }

    private void requireRaw(MemorySegment first) throws IOException {
        ImageFormat format = ImageFormat.of(first.toArray(ValueLayout.JAVA_BYTE));
        if (format != ImageFormat.RAW) {
            throw new IOException("the write would make " + this + " look like a " + format.word()
                    + " image: if the guest may do so, use --format raw");
        }
    }
}
