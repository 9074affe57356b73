package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;

/// Any ring: chains come out that lie inside guest memory, or the ring is refused.
///
/// An input is a byte of options, two bytes of base, two of available index, a byte for each entry of the available
/// ring, and descriptors of 16 bytes as the driver writes them: first those of the ring's table, then those of a table
/// that follows it. Unless a descriptor's highest flag is set, its address counts from that second table.
class ChainWalkerFuzzTest {
    private static final int RING = 16;
    private static final int TABLE = 64;
    private static final int DESCRIPTOR = 16;
    private static final int RELATIVE = 0x7fff;

    private static TestGuest guest;
    private final IoVecs vectors = new IoVecs();

    @BeforeAll
    static void mapGuest() throws Exception {
        guest = new TestGuest();
    }

    @AfterAll
    static void unmapGuest() {
        guest.close();
    }

    @FuzzTest(maxDuration = "10m")
    void everyChainLiesInGuestMemoryOrTheRingIsRefused(byte[] input) throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.remaining() < 5 + RING) {
            return;
        }
        guest.resetTo(TestGuest.START);
        int options = bytes.get();
        FeatureSet features = TestRing.features((options & 1) != 0);
        TestRing ring = new TestRing(guest, RING, features, Short.toUnsignedInt(bytes.getShort()));
        int available = Short.toUnsignedInt(bytes.getShort());
        for (int i = 0; i < RING; i++) {
            ring.makeAvailable(bytes.get());
        }
        ring.availableIndex(available);
        long table = guest.allocate((long) TABLE * DESCRIPTOR, DESCRIPTOR);
        fill(ring.setup().descriptors(), RING, table, bytes);
        fill(table, TABLE, table, bytes);
        serve(new SplitVirtqueue(ring.setup(), guest.memory(), available - (options >> 1)), options);
    }

    /// As above, for a packed ring: a byte of options, a byte of where the ring stands, and descriptors. The flags of
    /// its own ones say whether they are available relative to the turn.
    @FuzzTest(maxDuration = "10m")
    void everyPackedChainLiesInGuestMemoryOrTheRingIsRefused(byte[] input) throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.remaining() < 2) {
            return;
        }
        guest.resetTo(TestGuest.START);
        int options = bytes.get();
        int place = bytes.get();
        FeatureSet features = TestRing.features((options & 1) != 0);
        PackedRing ring = new PackedRing(guest, RING, features, place & RING - 1, (place & RING) != 0);
        long table = guest.allocate((long) TABLE * DESCRIPTOR, DESCRIPTOR);
        fill(ring.setup().descriptors(), RING, table, bytes);
        fill(table, TABLE, table, bytes);
        serve(ring.open(), options);
    }

    private static void fill(long table, int entries, long buffers, ByteBuffer bytes) {
        for (int i = 0; i < entries; i++) {
            boolean given = bytes.remaining() >= DESCRIPTOR;
            long address = given ? bytes.getLong() : 0;
            int length = given ? bytes.getInt() : 0;
            int flags = given ? Short.toUnsignedInt(bytes.getShort()) : 0;
            int next = given ? Short.toUnsignedInt(bytes.getShort()) : 0;
            long target = flags <= RELATIVE ? buffers + (address & 0xffff) : address;
            ByteBuffer entry = ByteBuffer.allocate(DESCRIPTOR).order(ByteOrder.LITTLE_ENDIAN);
            entry.putLong(target).putInt(length).putShort((short) flags).putShort((short) next);
            guest.write(table + (long) i * DESCRIPTOR, entry.array());
        }
    }

    private void serve(Virtqueue queue, int options) {
        Deque<DescriptorChain> held = new ArrayDeque<>();
        int taken = 0;
        try {
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                taken++;
                touch(chain);
                held.add(chain);
                if ((options & 4) != 0) {
                    held.remove().complete(0);
                }
            }
            assertTrue(taken <= RING);
        } catch (BrokenQueueException e) {
            assertTrue(held.size() <= RING);
        }
        assertEquals(held.size(), queue.inFlight());
        held.forEach(chain -> chain.complete(chain.writable().length()));
        assertEquals(0, queue.inFlight());
        boolean _ = queue.publish();
    }

    private void touch(DescriptorChain chain) {
        GuestBuffers readable = chain.readable();
        long bytes = Math.min(readable.length(), 64);
        readable.read(readable.length() - bytes, MemorySegment.ofArray(new byte[64]), bytes);
        GuestBuffers writable = chain.writable();
        if (writable.length() > 0) {
            writable.writeByte(writable.length() - 1, 1);
        }
        vectors.clear();
        long added = writable.addTo(vectors, 0, writable.length());
        assertEquals(added, vectors.total());
        for (int i = 0; i < vectors.count(); i++) {
            assertInside(
                    vectors.segment().get(ValueLayout.JAVA_LONG, 16L * i),
                    vectors.segment().get(ValueLayout.JAVA_LONG, 16L * i + 8));
        }
    }

    private static void assertInside(long address, long length) {
        boolean inside = guest.memory().regions().stream().anyMatch(region -> {
            long offset = address - region.segment().address();
            return offset >= 0 && length > 0 && offset + length <= region.size();
        });
        assertTrue(inside, () -> length + " bytes at " + Long.toHexString(address));
    }
}
