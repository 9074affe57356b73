package org.vhostdevice.core.testkit;

import static org.vhostdevice.core.testkit.LittleEndian.LE16;
import static org.vhostdevice.core.testkit.LittleEndian.LE32;
import static org.vhostdevice.core.testkit.LittleEndian.LE64;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.PackedVirtqueue;
import org.vhostdevice.core.virtqueue.RingSetup;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// A packed ring in test memory, written from the driver's side field by field, so that a test can also be a hostile
/// driver. Offsets and rules are the specification's (VIRTIO 1.4, 2.8), not the product's.
public final class PackedRing implements RingDriver {
    /// Flag that tells, with [#USED], whose a descriptor is.
    public static final int AVAIL = 1 << 7;

    /// See [#AVAIL].
    public static final int USED = 1 << 15;

    /// Event suppression: notify.
    public static final int ENABLE = 0;

    /// Event suppression: do not notify.
    public static final int DISABLE = 1;

    /// Event suppression: notify of one descriptor.
    public static final int DESC = 2;

    private final TestGuest guest;
    private final int size;
    private final RingSetup setup;
    private final MemorySegment ring;
    private final MemorySegment driverEvent;
    private final MemorySegment deviceEvent;
    private final int[] lengths;
    private final int base;
    private int nextAvailable;
    private boolean availableWrap;
    private int nextUsed;
    private boolean usedWrap;

    /// Lays out an empty ring.
    ///
    /// @param index where it starts
    /// @param wrap the wrap counters that it starts with
    public PackedRing(TestGuest guest, int size, FeatureSet features, int index, boolean wrap) {
        this.guest = guest;
        this.size = size;
        this.lengths = new int[size];
        long descriptors = guest.allocate(16L * size, 16);
        long driver = guest.allocate(4, 4);
        long device = guest.allocate(4, 4);
        FeatureSet packed = features.with(VirtioFeature.RING_PACKED);
        setup = new RingSetup(size, packed, descriptors, driver, device);
        ring = guest.at(descriptors, 16L * size).fill((byte) 0);
        driverEvent = guest.at(driver, 4).fill((byte) 0);
        deviceEvent = guest.at(device, 4).fill((byte) 0);
        nextAvailable = index;
        nextUsed = index;
        availableWrap = wrap;
        usedWrap = wrap;
        base = place(index, wrap) << 16 | place(index, wrap);
        for (int i = 0; i < size; i++) { // as the turns before have left it
            boolean lastTurn = i < index ? wrap : !wrap;
            ring.set(LE16, 16L * i + 14, (short) (lastTurn ? AVAIL | USED : 0));
        }
    }

    private PackedRing(PackedRing other) {
        guest = other.guest;
        size = other.size;
        setup = other.setup;
        ring = other.ring;
        driverEvent = other.driverEvent;
        deviceEvent = other.deviceEvent;
        lengths = other.lengths.clone();
        base = other.base;
        nextAvailable = other.nextAvailable;
        availableWrap = other.availableWrap;
        nextUsed = other.nextUsed;
        usedWrap = other.usedWrap;
    }

    @Override
    public PackedRing copy() {
        return new PackedRing(this);
    }

    /// An index and a wrap counter as base and event suppression have them.
    public static int place(int index, boolean wrap) {
        return index | (wrap ? 1 << 15 : 0);
    }

    @Override
    public PackedVirtqueue open() throws GuestMemoryException {
        return new PackedVirtqueue(setup, guest.memory(), base);
    }

    @Override
    public RingSetup setup() {
        return setup;
    }

    /// What the device should report: where it takes and where it gives back, if all that is available is taken
    /// and all that is taken given back and seen.
    public int base() {
        return place(nextUsed, usedWrap) << 16 | place(nextAvailable, availableWrap);
    }

    /// Flags of an available descriptor.
    ///
    /// @param ahead of the next one that the driver makes available
    public int available(int ahead) {
        boolean wrap = availableWrap ^ (nextAvailable + ahead >= size);
        return wrap ? AVAIL : USED;
    }

    /// Writes a descriptor of the ring.
    ///
    /// @param ahead of the next one that the driver makes available
    /// @param flags all of them
    public void descriptor(int ahead, long address, long length, int id, int flags) {
        descriptor(ring.asSlice(16L * ((nextAvailable + ahead) % size), 16), address, length, id, flags);
    }

    /// Writes a descriptor of an indirect table.
    public void entry(long table, int index, long address, long length, int flags) {
        descriptor(guest.at(table + 16L * index, 16), address, length, 0, flags);
    }

    private static void descriptor(MemorySegment to, long address, long length, int id, int flags) {
        to.set(LE64, 0, address);
        to.set(LE32, 8, (int) length);
        to.set(LE16, 12, (short) id);
        to.set(LE16, 14, (short) flags);
    }

    @Override
    public int add(int id, List<Piece> pieces, Layout layout) {
        int count = 1;
        if (layout == Layout.DIRECT) {
            count = pieces.size();
            for (int i = count - 1; i >= 0; i--) {
                Piece piece = pieces.get(i);
                int flags = available(i) | (i + 1 < count ? TestRing.NEXT : 0);
                int bufferId = i + 1 < count ? 0xdead : id;
                descriptor(i, piece.address(), piece.length(), bufferId, flags | write(piece));
            }
        } else {
            long table = guest.allocate(16L * pieces.size(), 1);
            for (int i = 0; i < pieces.size(); i++) {
                // all flags but WRITE are reserved and the device ignores them (2.8.7)
                int noise = layout == Layout.MIXED ? 0xffff & ~TestRing.WRITE : 0;
                Piece piece = pieces.get(i);
                entry(table, i, piece.address(), piece.length(), noise | write(piece));
            }
            int noise = layout == Layout.MIXED ? TestRing.WRITE : 0;
            descriptor(0, table, 16L * pieces.size(), id, available(0) | TestRing.INDIRECT | noise);
        }
        lengths[id] = count;
        skip(count);
        return count;
    }

    private static int write(Piece piece) {
        return piece.writable() ? TestRing.WRITE : 0;
    }

    /// Goes on as if the driver had made some descriptors available.
    public void skip(int count) {
        nextAvailable += count;
        if (nextAvailable >= size) {
            nextAvailable -= size;
            availableWrap = !availableWrap;
        }
    }

    /// Flags of the descriptor that the device uses next.
    public int usedFlags() {
        return Short.toUnsignedInt(ring.get(LE16, 16L * nextUsed + 14));
    }

    @Override
    public @Nullable Used takeUsed() {
        int flags = usedFlags();
        boolean avail = (flags & AVAIL) != 0;
        boolean used = (flags & USED) != 0;
        if (avail != usedWrap || used != usedWrap) {
            return null;
        }
        int id = Short.toUnsignedInt(ring.get(LE16, 16L * nextUsed + 12));
        long length = Integer.toUnsignedLong(ring.get(LE32, 16L * nextUsed + 8));
        nextUsed += lengths[id];
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
        }
        return new Used(id, (flags & TestRing.WRITE) != 0 ? length : 0);
    }

    @Override
    public void requestEvent(int ahead) {
        int index = nextUsed + ahead;
        boolean turns = index / size % 2 != 0;
        driverEvent(DESC, place(index % size, usedWrap ^ turns));
    }

    /// Says of what the driver wants to be notified.
    ///
    /// @param flags two bits
    /// @param place 16 bits
    public void driverEvent(int flags, int place) {
        driverEvent.set(LE16, 0, (short) place);
        driverEvent.set(LE16, 2, (short) flags);
    }

    /// What the device says about notifications, two bits.
    public int deviceEventFlags() {
        return deviceEvent.get(LE16, 2);
    }

    @Override
    public boolean wantsEventNow() {
        int place = Short.toUnsignedInt(deviceEvent.get(LE16, 0));
        return deviceEventFlags() == DESC && place == place(nextAvailable, availableWrap);
    }
}
