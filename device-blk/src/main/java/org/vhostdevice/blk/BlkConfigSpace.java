package org.vhostdevice.blk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vhostdevice.core.device.ConfigSpace;

/// The configuration space of a block device (`struct virtio_blk_config`, VIRTIO 1.4, 5.2.4). Fields of features that
/// are not offered, and reserved ones, are 0. The driver cannot write any.
final class BlkConfigSpace implements ConfigSpace {
    /// Up to and with `unused1`; the fields behind belong to features that are not offered.
    static final int BYTES = 60;

    private static final int CAPACITY = 0;
    private static final int SEG_MAX = 12;
    private static final int BLK_SIZE = 20;
    private static final int PHYSICAL_BLOCK_EXP = 24;
    private static final int MIN_IO_SIZE = 26;
    private static final int NUM_QUEUES = 34;

    /// A host's page: smaller writes to an image make it read the rest of the page first.
    private static final int PHYSICAL_BLOCK_BYTES = 4096;

    /// The ring that virtual machines have unless told otherwise. Requests must fit into the ring that the front end
    /// chooses, which the device does not know beforehand.
    private static final int USUAL_RING = 128;

    /// Descriptors of a request that are not data: header and status.
    private static final int OTHER_DESCRIPTORS = 2;

    private final byte[] bytes = new byte[BYTES];

    /// @param sectors the medium's size in units of 512 bytes
    /// @param config the device's options
    BlkConfigSpace(long sectors, BlkConfig config) {
        int blocksPerPhysical = PHYSICAL_BLOCK_BYTES / config.logicalBlockSize();
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(CAPACITY, sectors)
                .putInt(SEG_MAX, Math.min(config.queueSize(), USUAL_RING) - OTHER_DESCRIPTORS)
                .putInt(BLK_SIZE, config.logicalBlockSize())
                .put(PHYSICAL_BLOCK_EXP, (byte) Integer.numberOfTrailingZeros(blocksPerPhysical))
                .putShort(MIN_IO_SIZE, (short) blocksPerPhysical)
                .putShort(NUM_QUEUES, (short) config.numQueues());
    }

    @Override
    public byte[] bytes() {
        return bytes.clone();
    }
}
