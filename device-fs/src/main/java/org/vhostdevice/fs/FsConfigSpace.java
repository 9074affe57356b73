package org.vhostdevice.fs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.vhostdevice.core.device.ConfigSpace;

/// The configuration space of a file system device (`struct virtio_fs_config`, VIRTIO 1.4, 5.11.4), without the field
/// of notifications.
///
/// @param tag the name by which the guest mounts it, at most [FsConfig#TAG_BYTES] bytes of UTF-8
/// @param requestQueues 1 or more
record FsConfigSpace(String tag, int requestQueues) implements ConfigSpace {
    private static final int BYTES = FsConfig.TAG_BYTES + Integer.BYTES;

    @Override
    public byte[] bytes() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(tag.getBytes(StandardCharsets.UTF_8))
                .putInt(FsConfig.TAG_BYTES, requestQueues)
                .array();
    }
}
