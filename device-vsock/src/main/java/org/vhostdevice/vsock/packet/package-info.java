/// Packets on the rings: their header and its numbers (VIRTIO 1.4, 5.10.6).
@NullMarked
package org.vhostdevice.vsock.packet;

import org.jspecify.annotations.NullMarked;
