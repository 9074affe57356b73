package org.vhostdevice.vsock;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vhostdevice.core.device.ConfigSpace;

/// The configuration space of a socket device (`struct virtio_vsock_config`, VIRTIO 1.4, 5.10.4).
///
/// @param guestCid context id of the guest; its upper 32 bits are 0
record VsockConfigSpace(long guestCid) implements ConfigSpace {
    @Override
    public byte[] bytes() {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(guestCid)
                .array();
    }
}
