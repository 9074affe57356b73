package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.memory.GuestRegion;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.SharedMemory;

/// Guest memory for tests: two regions that touch in guest addresses but not in this process, with front-end
/// addresses that differ from the guest's.
public final class TestGuest implements AutoCloseable {
    /// Guest address of the first byte.
    public static final long START = 0x10_000;

    /// Bytes in each of the two regions.
    public static final long REGION_BYTES = 1 << 20;

    /// Guest address of the border between the regions.
    public static final long BORDER = START + REGION_BYTES;

    /// What is added to a guest address to make the front end's.
    public static final long FRONTEND_OFFSET = 0x7f00_0000_0000L;

    private final GuestMemory memory;
    private long nextFree = START;

    /// Maps fresh zeroed memory.
    public TestGuest() throws IOException, GuestMemoryException {
        GuestRegion low = region(START);
        GuestRegion high = region(BORDER);
        memory = GuestMemory.of(List.of(low, high));
        low.mapping().release();
        high.mapping().release();
    }

    private static GuestRegion region(long start) throws IOException {
        try (SharedMemory shared = SharedMemory.create("test-guest", REGION_BYTES)) {
            return new GuestRegion(
                    start, start + FRONTEND_OFFSET, MappedRegion.map(shared.fd(), 0, REGION_BYTES, true));
        }
    }

    /// The memory as the back end sees it.
    public GuestMemory memory() {
        return memory;
    }

    /// Takes memory that nothing else uses.
    ///
    /// @return its guest address
    public long allocate(long bytes, long alignment) {
        long start = (nextFree + alignment - 1) / alignment * alignment;
        if (start + bytes > BORDER + REGION_BYTES) {
            throw new IllegalStateException("the test's guest memory is used up");
        }
        nextFree = start + bytes;
        return start;
    }

    /// The address from which [#allocate] searches.
    public long mark() {
        return nextFree;
    }

    /// Frees all that was allocated since a [#mark].
    public void resetTo(long mark) {
        nextFree = mark;
    }

    /// Writes bytes at a guest address, across the border too.
    public void write(long address, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            at(address + i, 1).set(ValueLayout.JAVA_BYTE, 0, bytes[i]);
        }
    }

    /// Reads bytes at a guest address, across the border too.
    public byte[] read(long address, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = at(address + i, 1).get(ValueLayout.JAVA_BYTE, 0);
        }
        return bytes;
    }

    /// The memory at a guest address, inside one region.
    public MemorySegment at(long address, long length) {
        try {
            return memory.slice(address, length);
        } catch (GuestMemoryException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public void close() {
        memory.release();
    }
}
