package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.memory.SegmentBuffers;

/// Transfers between disks and arrays.
final class Images {
    private Images() {}

    static byte[] read(Storage disk, long offset, int bytes) throws IOException {
        byte[] into = new byte[bytes];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(bytes, 1));
            disk.read(offset, new SegmentBuffers(buffer), 0, bytes);
            MemorySegment.copy(buffer, 0, MemorySegment.ofArray(into), 0, bytes);
        }
        return into;
    }

    static byte[] readAll(Storage disk) throws IOException {
        return read(disk, 0, Math.toIntExact(disk.size()));
    }

    static void write(Storage disk, long offset, byte[] bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(bytes.length, 1));
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, buffer, 0, bytes.length);
            disk.write(offset, new SegmentBuffers(buffer), 0, bytes.length);
        }
    }

    /// Fails where two disks differ first, and says where that is.
    static void assertSame(byte[] expected, byte[] actual) {
        assertEquals(expected.length, actual.length, "size");
        int at = java.util.Arrays.mismatch(expected, actual);
        assertEquals(-1, at, "first byte that differs");
    }

    /// Follows every range of a disk: what is called zeros reads as zeros.
    static void assertExtentsTrue(Storage disk, byte[] contents) throws IOException {
        for (long at = 0; at < disk.size(); ) {
            Storage.Extent extent = disk.extent(at, disk.size() - at);
            for (long i = at; extent.kind() == Storage.Extent.Kind.ZERO && i < at + extent.bytes(); i++) {
                assertEquals(0, contents[(int) i], "a byte of zeros");
            }
            at += extent.bytes();
        }
    }
}
