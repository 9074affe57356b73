package org.vhostdevice.core.testkit;

import static org.vhostdevice.core.testkit.LittleEndian.LE16;
import static org.vhostdevice.core.testkit.LittleEndian.LE32;
import static org.vhostdevice.core.testkit.LittleEndian.LE64;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.RingSetup;
import org.vhostdevice.core.virtqueue.SplitVirtqueue;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// A split ring in test memory, written from the driver's side field by field, so that a test can also be a hostile
/// driver. Offsets are the specification's (VIRTIO 1.4, 2.7), not the product's.
public final class TestRing implements RingDriver {
    /// Flag of a descriptor that has a next one.
    public static final int NEXT = 1;

    /// Flag of a descriptor that the device writes.
    public static final int WRITE = 2;

    /// Flag of a descriptor that refers to a table.
    public static final int INDIRECT = 4;

    private final TestGuest guest;
    private final int size;
    private final RingSetup setup;
    private final MemorySegment available;
    private final MemorySegment used;
    private int nextAvailable;
    private int nextUsed;

    /// How a chain's descriptors are laid out.
    public enum Layout {
        /// All in the ring's own table.
        DIRECT,
        /// One descriptor that refers to a table.
        INDIRECT,
        /// The first in the ring's own table, the rest in a table it leads to.
        MIXED
    }

    /// A buffer of a chain.
    ///
    /// @param address guest address
    /// @param length in bytes
    /// @param writable whether the device writes it
    public record Piece(long address, long length, boolean writable) {}

    /// Lays out an empty ring.
    ///
    /// @param base the index that the ring starts with, 0 to 65535
    public TestRing(TestGuest guest, int size, FeatureSet features, int base) {
        this.guest = guest;
        this.size = size;
        long driverBytes = 6 + 2L * size;
        long deviceBytes = 6 + 8L * size;
        long descriptors = guest.allocate(16L * size, 16);
        long driver = guest.allocate(driverBytes, 2);
        long device = guest.allocate(deviceBytes, 4);
        setup = new RingSetup(size, features, descriptors, driver, device);
        available = guest.at(driver, driverBytes);
        used = guest.at(device, deviceBytes);
        nextAvailable = base;
        nextUsed = base;
        available.set(LE16, 2, (short) base);
        used.set(LE16, 2, (short) base);
        usedEvent(base);
    }

    private TestRing(TestRing other) {
        guest = other.guest;
        size = other.size;
        setup = other.setup;
        available = other.available;
        used = other.used;
        nextAvailable = other.nextAvailable;
        nextUsed = other.nextUsed;
    }

    @Override
    public TestRing copy() {
        return new TestRing(this);
    }

    /// The usual features of a modern driver.
    public static FeatureSet features(boolean eventIndex) {
        FeatureSet plain = FeatureSet.NONE.with(VirtioFeature.VERSION_1).with(VirtioFeature.INDIRECT_DESC);
        return eventIndex ? plain.with(VirtioFeature.EVENT_IDX) : plain;
    }

    @Override
    public SplitVirtqueue open() throws GuestMemoryException {
        return new SplitVirtqueue(setup, guest.memory(), nextAvailable);
    }

    @Override
    public RingSetup setup() {
        return setup;
    }

    /// Writes a descriptor of the ring's own table.
    public void descriptor(int index, long address, long length, int flags, int next) {
        descriptor(setup.descriptors(), index, address, length, flags, next);
    }

    /// Writes a descriptor of any table.
    public void descriptor(long table, int index, long address, long length, int flags, int next) {
        MemorySegment entry = guest.at(table + 16L * index, 16);
        entry.set(LE64, 0, address);
        entry.set(LE32, 8, (int) length);
        entry.set(LE16, 12, (short) flags);
        entry.set(LE16, 14, (short) next);
    }

    @Override
    public int add(int first, List<Piece> pieces, Layout layout) {
        int direct = switch (layout) {
            case DIRECT -> pieces.size();
            case INDIRECT -> 0;
            case MIXED -> Math.min(1, pieces.size() - 1);
        };
        boolean more = direct < pieces.size();
        for (int i = 0; i < direct; i++) {
            boolean last = i + 1 == direct && !more;
            descriptor(setup.descriptors(), (first + i) % size, pieces.get(i), last, (first + i + 1) % size);
        }
        if (more) {
            int rest = pieces.size() - direct;
            long table = guest.allocate(16L * rest, 16);
            for (int i = 0; i < rest; i++) {
                descriptor(table, i, pieces.get(direct + i), i + 1 == rest, i + 1);
            }
            descriptor((first + direct) % size, table, 16L * rest, INDIRECT, 0);
        }
        makeAvailable(first % size);
        return direct + (more ? 1 : 0);
    }

    private void descriptor(long table, int index, Piece piece, boolean last, int next) {
        int flags = (piece.writable() ? WRITE : 0) | (last ? 0 : NEXT);
        descriptor(table, index, piece.address(), piece.length(), flags, last ? 0 : next);
    }

    /// Puts a head into the available ring and moves the index.
    public void makeAvailable(int head) {
        available.set(LE16, 4 + 2L * (nextAvailable & (size - 1)), (short) head);
        nextAvailable = (nextAvailable + 1) & 0xffff;
        availableIndex(nextAvailable);
    }

    /// Writes the available index.
    public void availableIndex(int index) {
        available.set(LE16, 2, (short) index);
    }

    /// Writes the available ring's flags.
    public void availableFlags(int flags) {
        available.set(LE16, 0, (short) flags);
    }

    /// Asks to be notified once the used index passes this one.
    public void usedEvent(int index) {
        available.set(LE16, 4 + 2L * size, (short) index);
    }

    @Override
    public @Nullable Used takeUsed() {
        if (nextUsed == usedIndex()) {
            return null;
        }
        Used entry = new Used(usedHead(nextUsed), usedLength(nextUsed));
        nextUsed = (nextUsed + 1) & 0xffff;
        return entry;
    }

    @Override
    public void requestEvent(int ahead) {
        usedEvent((nextUsed + ahead) & 0xffff);
    }

    @Override
    public boolean wantsEventNow() {
        return availableEvent() == nextAvailable;
    }

    /// The used index as the driver sees it, 0 to 65535.
    public int usedIndex() {
        return Short.toUnsignedInt(used.get(LE16, 2));
    }

    /// The used ring's flags.
    public int usedFlags() {
        return Short.toUnsignedInt(used.get(LE16, 0));
    }

    /// Writes the used index, as only an attacker would.
    public void overwriteUsedIndex(int index) {
        used.set(LE16, 2, (short) index);
    }

    /// The index about which the device wants to be notified.
    public int availableEvent() {
        return Short.toUnsignedInt(used.get(LE16, 4 + 8L * size));
    }

    /// The head in a used entry.
    ///
    /// @param index free-running
    public int usedHead(int index) {
        return used.get(LE32, 4 + 8L * (index & (size - 1)));
    }

    /// The length in a used entry.
    ///
    /// @param index free-running
    public long usedLength(int index) {
        return Integer.toUnsignedLong(used.get(LE32, 8 + 8L * (index & (size - 1))));
    }
}
