package org.vhostdevice.vsock.queue;

import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;

/// Resets that are owed to the guest for packets of no connection. There is room for some, made when it is first
/// needed; while there is none left, no more packets of the guest are taken. One thread.
final class Resets {
    private static final int CAPACITY = 1024;

    private long[] hostCids = {};
    private long[] guestCids = {};
    private long[] ports = {};
    private short[] types = {};
    private int first;
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    boolean isFull() {
        return count == CAPACITY;
    }

    /// Remembers to answer a packet of the guest by a reset. There is room.
    void add(PacketHeader packet) {
        if (types.length == 0) {
            hostCids = new long[CAPACITY];
            guestCids = new long[CAPACITY];
            ports = new long[CAPACITY];
            types = new short[CAPACITY];
        }
        int at = (first + count) % CAPACITY;
        hostCids[at] = packet.dstCid();
        guestCids[at] = packet.srcCid();
        ports[at] = ((long) packet.dstPort() << Integer.SIZE) | Integer.toUnsignedLong(packet.srcPort());
        types[at] = (short) packet.type();
        count++;
    }

    /// Makes the header of the first one, and forgets it.
    void take(PacketHeader packet) {
        packet.address(
                hostCids[first],
                (int) (ports[first] >>> Integer.SIZE),
                guestCids[first],
                (int) ports[first],
                Short.toUnsignedInt(types[first]));
        packet.content(Operation.RST, 0, 0);
        first = (first + 1) % CAPACITY;
        count--;
    }

    void clear() {
        count = 0;
    }
}
