package org.vhostdevice.blk;

import org.vhostdevice.core.virtqueue.VirtioFeature;

/// The feature bits of block devices that this device may offer (VIRTIO 1.4, 5.2.3).
public enum BlkFeature {
    /// `size_max` tells how long a data segment may be.
    SIZE_MAX(1),
    /// `seg_max` tells how many data segments a request may have.
    SEG_MAX(2),
    /// `geometry` tells cylinders, heads and sectors, which mean nothing any more.
    GEOMETRY(4),
    /// The medium cannot be written.
    RO(5),
    /// `blk_size` tells the size of a logical block.
    BLK_SIZE(6),
    /// Writes are durable after a flush only.
    FLUSH(9),
    /// `topology` tells sizes and alignments that are fast.
    TOPOLOGY(10),
    /// The driver may see and change whether writes are durable after a flush only.
    CONFIG_WCE(11),
    /// `num_queues` tells how many queues there are.
    MQ(12),
    /// The driver may give up sectors.
    DISCARD(13),
    /// The driver may have sectors zeroed without sending zeros.
    WRITE_ZEROES(14);

    private final int bit;

    BlkFeature(int bit) {
        this.bit = bit;
    }

    /// {@return the bit's number}
    public int bit() {
        return bit;
    }

    /// {@return the mask with this bit alone}
    public long mask() {
        return VirtioFeature.mask(bit);
    }
}
