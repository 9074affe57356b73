package org.vhostdevice.vsock.connection;

import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

/// Headers of packets of a guest.
final class Packets {
    static final int HOST_PORT = 80;
    static final int GUEST_PORT = 5000;
    static final int SPACE = 1000;

    private Packets() {}

    static PacketHeader of(int op, int flags, int len) {
        return of(op, flags, len, 0);
    }

    static PacketHeader of(int op, int flags, int len, int fwdCnt) {
        PacketHeader packet = new PacketHeader();
        packet.address(3, GUEST_PORT, 2, HOST_PORT, PacketType.STREAM);
        packet.content(op, flags, len);
        packet.credit(SPACE, fwdCnt);
        return packet;
    }
}
