package org.vhostdevice.core.check;

import java.lang.foreign.MemorySegment;

/// Sends a reset of a connection that does not exist, which nobody answers.
final class VsockProbe implements DeviceProbe {
    private static final int HEADER = 44;
    private static final int HOST_CID = 2;
    private static final int GUEST_CID = 3;
    private static final int PORT = 0x7fff_fff0;
    private static final short STREAM = 1;
    private static final short RST = 3;

    @Override
    public int rings() {
        return 3;
    }

    @Override
    public int queue() {
        return 1;
    }

    @Override
    public byte[] request() {
        byte[] bytes = new byte[HEADER];
        MemorySegment at = MemorySegment.ofArray(bytes);
        at.set(Le.U64, 0, GUEST_CID);
        at.set(Le.U64, 8, HOST_CID);
        at.set(Le.U32, 16, PORT);
        at.set(Le.U32, 20, PORT);
        at.set(Le.U16, 28, STREAM);
        at.set(Le.U16, 30, RST);
        return bytes;
    }
}
