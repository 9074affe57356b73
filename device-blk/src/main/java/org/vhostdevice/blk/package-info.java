/// The block device (VIRTIO 1.4, 5.2).
@NullMarked
package org.vhostdevice.blk;

import org.jspecify.annotations.NullMarked;
