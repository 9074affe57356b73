package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedMemory;

/// Guest memory for fuzzing: two rings and some buffers, at places where messages find them.
final class FuzzMemory implements AutoCloseable {
    static final int SIZE = 1 << 16;
    static final int RINGS = 2;
    static final long GUEST = 0x10_0000;
    static final long FRONT_END = 0x7000_0000;
    private static final int RING_STEP = 0x4000;
    private static final int AVAILABLE = 0x1000;
    private static final int USED = 0x2000;
    private static final int BUFFERS = 0x8000;
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final SharedMemory file = SharedMemory.create("guest", SIZE);
    private final MappedRegion mapping;
    private final short[] available = new short[RINGS];
    private boolean whole = true;

    FuzzMemory() throws IOException {
        mapping = MappedRegion.map(file.fd(), 0, SIZE, true);
    }

    OwnedFd fd() {
        return file.fd();
    }

    static Message.MemoryRegion region() {
        return new Message.MemoryRegion(GUEST, SIZE, FRONT_END, 0);
    }

    /// Where a ring lies, in the addresses of the front end or of the guest.
    static Message.VringAddress ring(int index, int flags, long base, long log) {
        long start = base + (long) (index % RINGS) * RING_STEP;
        return new Message.VringAddress(index, flags, start, start + USED, start + AVAILABLE, log);
    }

    static List<Long> places() {
        return List.of(GUEST, GUEST + BUFFERS, GUEST + SIZE - 8, GUEST + SIZE, FRONT_END, 0L, -8L);
    }

    /// Writes a descriptor, and makes it available on a split ring of 16 entries.
    void offer(int ring, Choices choices) {
        if (!whole) {
            return;
        }
        MemorySegment memory = mapping.segment();
        long at = (long) ring * RING_STEP;
        int head = choices.below(16);
        for (int i = choices.below(3); i >= 0; i--) {
            long descriptor = at + 16L * ((head + i) % 16);
            memory.set(LE64, descriptor, places().get(choices.below(places().size())) + choices.next());
            memory.set(LE32, descriptor + 8, choices.of(0, 1, 16, 4096, 0x7fff, SIZE, -1));
            memory.set(LE16, descriptor + 12, (short) choices.of(0, 1, 2, 3, 4, 6, 0x80, 0x8080, 0x8083));
            memory.set(LE16, descriptor + 14, (short) (choices.oneIn(8) ? choices.next() : head + i + 1));
        }
        memory.set(LE16, at + AVAILABLE + 4 + 2L * (available[ring] & 15), (short) head);
        available[ring] += (short) (choices.oneIn(16) ? choices.next() : 1);
        memory.set(LE16, at + AVAILABLE, (short) choices.below(2));
        memory.set(LE16, at + AVAILABLE + 2, available[ring]);
    }

    /// Writes anything anywhere.
    void scribble(Choices choices) {
        if (whole) {
            int at = (choices.next() << 8 | choices.next()) % (SIZE - 8);
            mapping.segment().set(LE64, at, choices.bits());
        }
    }

    /// Takes memory away under whoever uses it.
    void truncate(Choices choices) throws IOException {
        whole = false;
        FileIo.truncate(file.fd().number(), choices.of(0, 4096, 0x2000, 0x9000));
    }

    @Override
    public void close() {
        mapping.close();
        file.close();
    }
}
