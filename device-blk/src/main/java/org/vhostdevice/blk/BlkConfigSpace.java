package org.vhostdevice.blk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.core.device.ConfigSpace;

/// The configuration space of a block device (`struct virtio_blk_config`, VIRTIO 1.4, 5.2.4). Fields of features that
/// are not offered, and reserved ones, are 0. The driver can write `writeback`.
final class BlkConfigSpace implements ConfigSpace {
    /// Up to and with `unused1`; the fields behind belong to features that are not offered.
    static final int BYTES = 60;

    private static final int CAPACITY = 0;
    private static final int SIZE_MAX = 8;
    private static final int SEG_MAX = 12;
    private static final int CYLINDERS = 16;
    private static final int HEADS = 18;
    private static final int SECTORS = 19;
    private static final int BLK_SIZE = 20;
    private static final int PHYSICAL_BLOCK_EXP = 24;
    private static final int MIN_IO_SIZE = 26;
    private static final int WRITEBACK = 32;
    private static final int NUM_QUEUES = 34;
    private static final int MAX_DISCARD_SECTORS = 36;
    private static final int MAX_DISCARD_SEG = 40;
    private static final int DISCARD_SECTOR_ALIGNMENT = 44;
    private static final int MAX_WRITE_ZEROES_SECTORS = 48;
    private static final int MAX_WRITE_ZEROES_SEG = 52;
    private static final int WRITE_ZEROES_MAY_UNMAP = 56;

    /// A host's page: smaller writes to an image make it read the rest of the page first.
    private static final int PHYSICAL_BLOCK_BYTES = 4096;

    /// More than pieces of requests have. SeaBIOS multiplies it by `seg_max` in 32 bits, takes the low 16 bits of that
    /// many sectors for the largest request, and asks for nothing for ever if they are 0.
    private static final int MAX_SEGMENT_BYTES = 1 << 20;

    /// The geometry that disks of this size pretend to have.
    private static final int HEAD_COUNT = 16;

    private static final int SECTORS_PER_TRACK = 63;
    private static final int MAX_CYLINDERS = 65_535;

    /// The ring that virtual machines have unless told otherwise. Requests must fit into the ring that the front end
    /// chooses, which the device does not know beforehand.
    private static final int USUAL_RING = 128;

    /// Descriptors of a request that are not data: header and status.
    private static final int OTHER_DESCRIPTORS = 2;

    private final BlkConfig config;
    private final Disk disk;

    /// @param config the device's options
    /// @param disk what it serves
    BlkConfigSpace(BlkConfig config, Disk disk) {
        this.config = config;
        this.disk = disk;
    }

    @Override
    public byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long sectors = disk.storage().size() / Disk.SECTOR_BYTES;
        int blocksPerPhysical = PHYSICAL_BLOCK_BYTES / config.logicalBlockSize();
        long cylinders = Math.min(MAX_CYLINDERS, sectors / (HEAD_COUNT * SECTORS_PER_TRACK));
        bytes.putLong(CAPACITY, sectors)
                .putInt(SIZE_MAX, MAX_SEGMENT_BYTES)
                .putInt(SEG_MAX, Math.min(config.queueSize(), USUAL_RING) - OTHER_DESCRIPTORS)
                .putShort(CYLINDERS, (short) cylinders)
                .put(HEADS, (byte) HEAD_COUNT)
                .put(SECTORS, (byte) SECTORS_PER_TRACK)
                .putInt(BLK_SIZE, config.logicalBlockSize())
                .put(PHYSICAL_BLOCK_EXP, (byte) Integer.numberOfTrailingZeros(blocksPerPhysical))
                .putShort(MIN_IO_SIZE, (short) blocksPerPhysical)
                .put(WRITEBACK, (byte) (disk.cache().writeback() ? 1 : 0))
                .putShort(NUM_QUEUES, (short) config.numQueues());
        if (!disk.storage().readOnly()) {
            if (disk.policy().mayUnmap()) {
                bytes.putInt(MAX_DISCARD_SECTORS, Disk.MAX_RANGE_SECTORS)
                        .putInt(MAX_DISCARD_SEG, Disk.MAX_RANGES)
                        .putInt(DISCARD_SECTOR_ALIGNMENT, PHYSICAL_BLOCK_BYTES / Disk.SECTOR_BYTES);
            }
            bytes.putInt(MAX_WRITE_ZEROES_SECTORS, Disk.MAX_RANGE_SECTORS)
                    .putInt(MAX_WRITE_ZEROES_SEG, Disk.MAX_RANGES)
                    .put(WRITE_ZEROES_MAY_UNMAP, (byte) (disk.policy().mayUnmap() ? 1 : 0));
        }
        return bytes.array();
    }

    @Override
    public boolean write(int offset, byte[] value, boolean migration) {
        if (offset != WRITEBACK || value.length != 1 || (value[0] & ~1) != 0) {
            return false;
        }
        disk.cache().setWriteback(value[0] == 1);
        return true;
    }
}
